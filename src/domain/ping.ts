/** By which way a canary went to an agent. `none`: there is no way on which an answer could come back. */
export const pingVias = ["websocket", "webhook", "none"] as const;
export type PingVia = (typeof pingVias)[number];

/** What came of a canary. */
export interface Pinged {
  readonly via: PingVia;
  /** An answer came back in time. */
  readonly ok: boolean;
  readonly says: string;
  readonly tookMs: number;
}
