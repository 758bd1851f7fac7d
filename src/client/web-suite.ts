import { canonical } from "../signing/canonical.ts";
import type { ClientKey, PrivateJwk, Suite } from "./suite.ts";

/** By WebCrypto, for browsers: the same RFC 8785 bytes, and so the same envelope, as `nodeSuite`. */
export const webSuite: Suite = {
  sign: async (payload, keys, typ) => {
    const encoded = base64url(utf8(canonical(payload)));
    const signatures = await Promise.all(
      keys.map(async (key) => {
        const header = base64url(utf8(canonical({ alg: key.alg, kid: key.kid, typ })));
        return { protected: header, signature: await signed(utf8(`${header}.${encoded}`), key) };
      }),
    );
    return { payload: encoded, signatures };
  },
  signText: async (text, jwk) =>
    base64url(new Uint8Array(await crypto.subtle.sign("Ed25519", await importOwn(jwk), utf8(text)))),
  digest: async (text) => base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)))),
  generate: async () => {
    const { privateKey } = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
    return (await crypto.subtle.exportKey("jwk", privateKey)) as unknown as PrivateJwk;
  },
};

const signed = async (bytes: Uint8Array<ArrayBuffer>, key: ClientKey): Promise<string> => {
  const algorithm = key.alg === "HS256" ? "HMAC" : "Ed25519";
  return base64url(new Uint8Array(await crypto.subtle.sign(algorithm, await imported(key), bytes)));
};

/** Importing takes longer than signing: each key once. */
const imported = (key: ClientKey): Promise<CryptoKey> => {
  let known = importedKeys.get(key);
  if (known === undefined) {
    known =
      key.alg === "HS256"
        ? crypto.subtle.importKey("raw", bytesOf(key.secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"])
        : importOwn(key.jwk);
    importedKeys.set(key, known);
  }
  return known;
};

const importOwn = ({ kty, crv, x, d }: PrivateJwk): Promise<CryptoKey> =>
  crypto.subtle.importKey("jwk", { kty, crv, x, d }, "Ed25519", false, ["sign"]);

const importedKeys = new WeakMap<ClientKey, Promise<CryptoKey>>();

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** `btoa` takes one character a byte; a spread of 8,192 stays below every engine's limit on arguments. */
const CHUNK_BYTES = 8_192;

const base64url = (bytes: Uint8Array): string => {
  let binary = "";
  for (let i = 0; i < bytes.length; i += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK_BYTES));
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (unit) => unit.charCodeAt(0));
