import type { Json } from "../../domain/json.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import { canonical } from "../../signing/canonical.ts";
import { base64url, sha256 } from "../../signing/digest.ts";

/** What a first use of a key left behind. */
export interface FirstUse {
  readonly requestHash: string;
  readonly id: string;
  readonly position: number;
  readonly revision: number;
}

type Refused = { readonly ok: false; readonly refusal: Refusal };

/** How a key stands in the event of what was done under it. */
export interface UnderKey {
  readonly key: string;
  readonly requestHash: string;
}

export type FindFirst = (actor: string, key: string) => FirstUse | undefined;

/**
 * Does a thing once under a key: the same request under the same key of the same agent again gets what the first one
 * got, and another request is refused. One that is under way is waited for.
 */
export const onceUnderKey = (find: FindFirst) => {
  const underWay = new Map<string, Promise<unknown>>();
  return async <T extends { readonly ok: true }>(
    actor: string,
    key: string | undefined,
    request: object,
    work: (under: UnderKey | undefined) => Promise<T | Refused>,
    again: (first: FirstUse) => Promise<T | Refused>,
  ): Promise<T | Refused> => {
    if (key === undefined) return work(undefined);
    const name = `${actor} ${key}`;
    while (underWay.has(name)) await underWay.get(name);
    const requestHash = base64url(sha256(canonical(JSON.parse(JSON.stringify(request)) as Json)));
    const first = find(actor, key);
    if (first !== undefined) {
      return first.requestHash === requestHash
        ? again(first)
        : { ok: false, refusal: refusal("idempotency_conflict", "that key was used for something else before") };
    }
    const working = work({ key, requestHash });
    underWay.set(
      name,
      working.then(
        () => undefined,
        () => undefined,
      ),
    );
    try {
      return await working;
    } finally {
      underWay.delete(name);
    }
  };
};
