import { canonical } from "../signing/canonical.ts";
import { sha256 } from "../signing/digest.ts";

/** SHA-256 in lower-case hex. A string is hashed as UTF-8. */
export const sha256Of = (data: Uint8Array | string): string => Buffer.from(sha256(data)).toString("hex");

/** SHA-256 in hex of a JSON value's RFC 8785 form. */
export const digestOf = (value: unknown): string => sha256Of(canonical(value));

/** Milliseconds since 1970 of a moment that fits its shape; NaN for a date that there is not. */
export const msOf = (moment: string): number => Date.parse(moment);
export const momentOf = (ms: number): string => new Date(ms).toISOString();

/** SHA-256 in standard base64, as a content security policy wants it. */
export const base64Of = (text: string): string => Buffer.from(sha256(text)).toString("base64");
