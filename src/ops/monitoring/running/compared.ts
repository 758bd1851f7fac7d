import type { Called } from "../apply/call.ts";

/** One place where what runs is not what was rendered. */
export interface Difference {
  /** Where, in the words of the product: `groups/lighthouse-log/LogTampered/expr`. */
  readonly path: string;
  readonly wanted: string;
  /** `absent` where it has nothing. */
  readonly running: string;
}

/** What an endpoint runs, held against what is rendered; or why nobody could look. */
export type Compared =
  | {
      readonly ok: true;
      /** What was asked, without secrets: method and path. */
      readonly asked: string;
      /** What came back, in a few words. */
      readonly answered: string;
      readonly differences: readonly Difference[];
    }
  | { readonly ok: false; readonly asked: string; readonly reason: string; readonly isUnreachable: boolean };

export const unread = (asked: string, failed: Extract<Called, { readonly ok: false }>): Compared => ({
  ok: false,
  asked,
  reason: `${failed.reason}${adviceFor(failed.status)}`,
  isUnreachable: failed.status === undefined && failed.isKnown,
});

/** What a person can do about a status. */
export const adviceFor = (status: number | undefined): string => {
  switch (status) {
    case 401:
      return ". The key is wrong, missing or was revoked.";
    case 403:
      return ". The key is known, and may not do this.";
    case 404:
      return ". Is this the right address, and is that product there?";
    case 429:
      return ". Too many requests; run it again in a minute, it goes on where it stopped.";
    default:
      return "";
  }
};

const shownChars = 120;

export const shown = (value: unknown): string => {
  if (value === undefined) return "absent";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length <= shownChars ? text : `${text.slice(0, shownChars - 1)}…`;
};

export const inWords = ({ path, wanted, running }: Difference): string => `${path}: wanted ${wanted}, runs ${running}`;
