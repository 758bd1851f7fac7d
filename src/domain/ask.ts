import type { Json } from "./json.ts";

/** An ask as it passed the door: every member has the right type, nothing is yet known to make sense. */
export interface Ask {
  readonly to: string;
  readonly message: string;
  readonly schema?: Json;
  /** Milliseconds until the deadline. */
  readonly timeoutMs?: number;
  /** The asker's idempotency key. */
  readonly key?: string;
  /** The elicitation that led to this one. */
  readonly causedBy?: string;
  /** The answer must carry a signature by the target's own key. */
  readonly requireEd25519?: boolean;
}
