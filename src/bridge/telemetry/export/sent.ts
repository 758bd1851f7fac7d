/** What came of sending a batch. */
export type Sent =
  /** `rejected`: how many of its items the other side would not have, although it took the rest. */
  | { readonly ok: true; readonly rejected: number }
  /** `isTransient`: worth sending again as it is. `reason`: for a person; nothing secret. */
  | { readonly ok: false; readonly isTransient: boolean; readonly retryAfterMs?: number; readonly reason: string };

export const taken: Sent = { ok: true, rejected: 0 };

/** Hears what became of batches, for the metrics and for the log. */
export interface ExportWatch {
  readonly sent: () => void;
  readonly failed: (reason: string) => void;
  /** So many items were given up. */
  readonly dropped: (items: number, reason: string) => void;
}
