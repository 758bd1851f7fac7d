import type { PublicJwk } from "../../signing/keys.ts";
import { PageBuffer } from "./buffer.ts";
import { sha256Bytes } from "./sha256.ts";

/**
 * What the verifier takes from `node:crypto`, in a page. WebCrypto checks a signature only for those who can wait, and the
 * verifier is one pure function that waits for nothing: so it is run with every signature taken to hold, which says what
 * has to be checked; that is checked; and it is run again, with what came of it, until nothing new is asked.
 */
export const settled = async <T>(work: () => T): Promise<T> => {
  for (;;) {
    const made = work();
    if (asked.size === 0) return made;
    for (const [id, question] of asked) known.set(id, await holds(question));
    asked.clear();
  }
};

interface Question {
  readonly jwk: PublicJwk;
  readonly message: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

const asked = new Map<string, Question>();
const known = new Map<string, boolean>();

const holds = async ({ jwk, message, signature }: Question): Promise<boolean> => {
  const { kty, crv, x } = jwk;
  try {
    const key = await crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signature, message);
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError")
      throw new Error("This browser knows no Ed25519: take a newer one, or `lighthouse certificate verify`.");
    return false;
  }
};

interface PageKey {
  readonly type: "public";
  readonly asymmetricKeyType: "ed25519";
  readonly export: () => PublicJwk;
}

export const createPublicKey = ({ key }: { readonly key: PublicJwk }): PageKey => ({
  type: "public",
  asymmetricKeyType: "ed25519",
  export: () => key,
});

export const verify = (_: null, message: Uint8Array, key: PageKey, signature: Uint8Array): boolean => {
  const jwk = key.export();
  const id = [jwk.x, hash("sha256", message), PageBuffer.from(signature).toString("hex")].join(" ");
  const found = known.get(id);
  if (found === undefined)
    asked.set(id, { jwk, message: Uint8Array.from(message), signature: Uint8Array.from(signature) });
  return found ?? true;
};

/** One unit for each byte, as `crypto.hash(…, "binary")` gives it. */
export const hash = (_: "sha256", data: Uint8Array | string): string =>
  String.fromCharCode(...sha256Bytes(typeof data === "string" ? new TextEncoder().encode(data) : data));

export const timingSafeEqual = (a: Uint8Array, b: Uint8Array): boolean => PageBuffer.compare(a, b) === 0;

/** Nothing in a certificate is made with a secret, or by this page. */
const never = (): never => {
  throw new Error("a page has no secret");
};
export const createHmac = never;
export const createSecretKey = never;
export const createPrivateKey = never;
export const generateKeyPairSync = never;
export const hkdfSync = never;
export const sign = never;
