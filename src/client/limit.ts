/** Every limit on what a client holds, sends or waits for, with its unit in its name. `connect` may change the values. */
export const clientLimits = {
  /** Below the bridge's 1,024 a connection, so that a busy client waits its turn instead of being refused. */
  requestsInFlightMax: 1_000,
  /** Requests that wait for their turn or for a connection. More are refused at once as `too_busy`. */
  requestsQueuedMax: 16_384,
  /** How often one request is sent over new connections before it fails: it may be what ends them. */
  sendsMax: 20,
  /** From the first attempt to the session that is open. */
  connectTimeoutMs: 10_000,
  /** Full jitter: attempt n waits a random time below base × 2^n, at most the maximum. */
  backoffBaseMs: 100,
  backoffMaxMs: 30_000,
  /** After this long without a word the bridge is asked for one; after as long again the connection is given up. */
  silenceMs: 20_000,
  /** Questions that arrived and have no end yet. More are left at the bridge until these have gone. */
  questionsHeldMax: 10_000,
  /** Handlers of `answerWith` that run at the same time, unless its options say otherwise. */
  answersAtOnce: 64,
  /** Times that a handler of `answerWith` may mend one answer. */
  mendsMax: 5,
  /** Events kept for one reader that is slower than the log; beyond that it reads the rest in pages. */
  watchedEventsMax: 10_000,
  /** Outcomes kept that came before the reply that says whose they are. */
  strayOutcomesMax: 1_024,
  /** How long an aborted ask waits for the bridge to confirm its end. */
  cancelPatienceMs: 10_000,
  /** Own keys older than this are replaced by themselves: 30 days. */
  keyAgeMsMax: 2_592_000_000,
} as const;

export type ClientLimits = { readonly [K in keyof typeof clientLimits]: number };
