import { canonical, parseCanonical } from "./canonical.ts";
import { base64url, fromBase64url } from "./digest.ts";
import type { SigningKey } from "./keys.ts";

export type Header = { readonly alg: string; readonly kid: string; readonly typ: string };

/** Longest protected header that is read, in characters of base64url. */
export const MAX_HEADER_CHARS = 1_024;

/** Headers remembered after their signature held, so that a stranger cannot push others out. Two per agent. */
export const MAX_REMEMBERED_HEADERS = 4_096;

/** base64url(JCS({alg, kid, typ})), kept with the key: it does not differ between messages of one type. */
export const protectedHeader = (key: SigningKey, typ: string): string => {
  const last = made.get(key);
  if (last?.typ === typ) return last.encoded;
  const encoded = base64url(canonical({ alg: key.alg, kid: key.kid, typ }));
  made.set(key, { typ, encoded });
  return encoded;
};

/** Reads a stranger's protected header; `undefined` unless it is the canonical form of exactly alg, kid and typ. */
export const readHeader = (encoded: string): Header | undefined => {
  const known = remembered.get(encoded);
  if (known !== undefined) return known;
  if (encoded.length > MAX_HEADER_CHARS) return undefined;
  const bytes = fromBase64url(encoded);
  if (bytes === undefined) return undefined;
  const text = bytes.toString();
  const parsed = parseCanonical(text);
  if (!parsed.ok || typeof parsed.value !== "object" || parsed.value === null) return undefined;
  const { alg, kid, typ, ...others } = parsed.value as { [name: string]: unknown };
  if (typeof alg !== "string" || typeof kid !== "string" || typeof typ !== "string") return undefined;
  if (Object.keys(others).length > 0 || base64url(text) !== encoded) return undefined;
  return { alg, kid, typ };
};

export const rememberHeader = (encoded: string, header: Header): void => {
  if (remembered.has(encoded)) return;
  if (remembered.size >= MAX_REMEMBERED_HEADERS) remembered.clear();
  remembered.set(encoded, header);
};

/** The latest header of each key: a key signs one type of message in bursts, and making one costs 2 µs. */
const made = new WeakMap<SigningKey, { readonly typ: string; readonly encoded: string }>();
const remembered = new Map<string, Header>();
