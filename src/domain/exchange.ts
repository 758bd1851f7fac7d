import type { Jws } from "./elicitation.ts";
import type { PublicJwk } from "./key.ts";

/**
 * A question, its answer and everything that shows them to somebody who has no part in them and no secret: what an export
 * holds. `docs/verify.md` says how to check one without this project.
 */
export interface Exchange {
  readonly v: 1;
  readonly typ: "lighthouse.exchange";
  /** The bridge's name in everything that is signed. */
  readonly audience: string;
  readonly elicitation: string;
  /** The question as its asker signed it; absent where the asker signs nothing. */
  readonly question?: Jws;
  /** The signed answer; absent until there is one. */
  readonly answer?: Jws;
  /** Every key that has signed, with its places in the log. */
  readonly keys: readonly ExchangeKey[];
  /** What the bridge says of the MACs, which nobody else can check. */
  readonly macs: readonly { readonly of: "question" | "answer"; readonly kid: string; readonly holds: boolean }[];
  /** The records, each with its proof; absent where the bridge's log signs no checkpoints. */
  readonly log?: {
    /** C2SP verifier key of the log: `<name>+<key id>+<base64>`. */
    readonly key: string;
    readonly events: readonly ExchangeEvent[];
  };
}

interface Placed {
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

export interface ExchangeKey {
  readonly kid: string;
  readonly agent: string;
  readonly alg: "Ed25519" | "HS256";
  readonly jwk?: PublicJwk;
  readonly added: Placed;
  readonly active?: Placed;
  readonly retiring?: Placed & { readonly until: number };
  readonly revoked?: Placed & { readonly reason: string; readonly compromisedSince?: number };
}

/** One event of the log and the proof of its place. */
export interface ExchangeEvent {
  readonly position: number;
  /** The record as it was written; leaf `position - 1` of the tree is SHA-256(0x00 ‖ its UTF-8). */
  readonly record: string;
  /** RFC 6962 inclusion proof, lowest hash first, base64. */
  readonly path: readonly string[];
  /** C2SP checkpoint. */
  readonly checkpoint: string;
}
