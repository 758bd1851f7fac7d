import type { Jws } from "../domain/elicitation.ts";
import type { Json } from "../domain/json.ts";
import type { PublicJwk } from "../domain/key.ts";

/** An Ed25519 key that only its agent holds, as RFC 8037 writes it. */
export interface PrivateJwk extends PublicJwk {
  readonly d: string;
}

/** What a client signs with. Keep the object: what is prepared from it is remembered with it. */
export type ClientKey =
  | { readonly alg: "HS256"; readonly kid: string /** base64url */; readonly secret: string }
  | { readonly alg: "Ed25519"; readonly kid: string; readonly jwk: PrivateJwk };

/** The arithmetic that Node and browsers do each in their own way; both give the same bytes. */
export interface Suite {
  /** JWS General JSON over the RFC 8785 form of `payload`: one signature a key, in their order. */
  readonly sign: (payload: Json, keys: readonly ClientKey[], typ: string) => Jws | Promise<Jws>;
  /** Ed25519 over a text's UTF-8, base64url. */
  readonly signText: (text: string, key: PrivateJwk) => string | Promise<string>;
  /** SHA-256 of a text's UTF-8, base64url. */
  readonly digest: (text: string) => string | Promise<string>;
  /** A fresh Ed25519 key. */
  readonly generate: () => PrivateJwk | Promise<PrivateJwk>;
}

export const publicOf = ({ kty, crv, x }: PublicJwk): PublicJwk => ({ kty, crv, x });

/** RFC 7638: the members that make the key, in order, without white space. Its SHA-256 is the key's id. */
export const thumbprintText = ({ crv, kty, x }: PublicJwk): string => `{"crv":"${crv}","kty":"${kty}","x":"${x}"}`;
