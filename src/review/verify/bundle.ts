import { sha256Of } from "../digest.ts";

/** Largest bundle, in bytes; 100 checks with 1,000 proven records take 2 MB. */
export const BUNDLE_BYTES_MAX = 16 * 1_048_576;
export const BUNDLE_LINES_MAX = 128;
/** Deepest nesting of brackets in one line. Ours have 14. */
export const NESTING_MAX = 64;

/** One line, before anybody believes it. */
export interface BundleLine {
  /** Counted from 1. */
  readonly number: number;
  readonly sha256: string;
  readonly value: unknown;
}

export type BundleRead =
  | { readonly ok: true; readonly lines: readonly BundleLine[] }
  | { readonly ok: false; readonly line: number; readonly detail: string };

/** Takes a file apart, however hostile: sizes first, then text, then nesting, then JSON. Never throws. */
export const readBundle = (bytes: Uint8Array): BundleRead => {
  if (bytes.byteLength > BUNDLE_BYTES_MAX) return refuse(1, `is over ${BUNDLE_BYTES_MAX} bytes`);
  const text = textOf(bytes);
  if (text === undefined) return refuse(1, "is not UTF-8");
  if (!text.endsWith("\n")) return refuse(1, text === "" ? "is empty" : "is cut off: its last line does not end");
  const lines: BundleLine[] = [];
  for (let from = 0, number = 1; from < text.length; number++) {
    if (number > BUNDLE_LINES_MAX) return refuse(number, `is over ${BUNDLE_LINES_MAX} lines`);
    const to = text.indexOf("\n", from);
    const line = text.slice(from, to);
    from = to + 1;
    const value = parseBounded(line);
    if ("detail" in value) return refuse(number, value.detail);
    lines.push({ number, sha256: sha256Of(line), value: value.value });
  }
  return { ok: true, lines };
};

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

/** JSON that is not nested deeper than anything of ours. Counting brackets costs less than a stack. */
export const parseBounded = (text: string): { readonly value: unknown } | { readonly detail: string } => {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (isText) {
      if (unit === 0x5c) i++;
      else if (unit === 0x22) isText = false;
    } else if (unit === 0x22) isText = true;
    else if (unit === 0x5b || unit === 0x7b) {
      if (++depth > NESTING_MAX) return { detail: `is nested deeper than ${NESTING_MAX} levels` };
    } else if (unit === 0x5d || unit === 0x7d) depth--;
  }
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { detail: "is not JSON" };
  }
};

const refuse = (line: number, detail: string): BundleRead => ({ ok: false, line, detail });
