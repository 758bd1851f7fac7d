import { answerTyp } from "../domain/answer.ts";
import { canonical } from "../signing/canonical.ts";
import type { Credential } from "./credential.ts";
import type { Signer } from "./signer.ts";

/** HMAC-SHA256 by WebCrypto, for browsers: the same RFC 8785 bytes, and so the same envelope, as `nodeSigner`. */
export const webSigner = ({ macKid, macSecret }: Pick<Credential, "macKid" | "macSecret">): Signer => {
  const header = base64url(utf8(canonical({ alg: "HS256", kid: macKid, typ: answerTyp })));
  let key: Promise<CryptoKey> | undefined;
  const imported = (): Promise<CryptoKey> =>
    crypto.subtle.importKey("raw", bytesOf(macSecret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return {
    sign: async (core) => {
      const payload = base64url(utf8(canonical(core)));
      key ??= imported();
      const mac = await crypto.subtle.sign("HMAC", await key, utf8(`${header}.${payload}`));
      return { payload, signatures: [{ protected: header, signature: base64url(new Uint8Array(mac)) }] };
    },
  };
};

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
