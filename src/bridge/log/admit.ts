import type { Appended } from "./log.ts";

/** What one append wants of one stream. */
export interface StreamClaim {
  readonly stream: string;
  readonly expect: number | "any";
  readonly events: number;
}

/** Revision of each stream's last event, -1 where there is none. */
export interface StreamHeads {
  readonly get: (stream: string) => number;
  readonly set: (stream: string, revision: number) => void;
}

export type Conflict = Extract<Appended, { readonly ok: false }>["conflict"];

/** For each claim the revision of its first event. */
export type Admission =
  | { readonly ok: true; readonly revisions: readonly number[] }
  | { readonly ok: false; readonly conflict: Conflict };

/**
 * Decides one append before anything is written, so that its conflict is its own: it neither fails the group that it
 * would have shared a transaction with nor leaves a gap. Moves `heads` only when every claim holds.
 */
export const admit = (claims: readonly StreamClaim[], heads: StreamHeads): Admission => {
  const [only] = claims;
  if (only !== undefined && claims.length === 1) return admitOne(only, heads);
  const moved = new Map<string, number>();
  const overlay = { get: (stream: string) => moved.get(stream) ?? heads.get(stream), set: moved.set.bind(moved) };
  const revisions: number[] = [];
  for (const claim of claims) {
    const admission = admitOne(claim, overlay);
    if (!admission.ok) return admission;
    revisions.push(...admission.revisions);
  }
  for (const [stream, revision] of moved) heads.set(stream, revision);
  return { ok: true, revisions };
};

const admitOne = ({ stream, expect, events }: StreamClaim, heads: StreamHeads): Admission => {
  const actual = heads.get(stream);
  if (expect !== "any" && expect !== actual) return { ok: false, conflict: { stream, expected: expect, actual } };
  if (events > 0) heads.set(stream, actual + events);
  return { ok: true, revisions: [actual + 1] };
};
