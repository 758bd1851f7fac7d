/** An event as its columns have it, before it has a place. */
export interface EventRow {
  readonly stream: string;
  readonly type: string;
  readonly time: number;
  readonly actor: string;
  /** See `partiesColumn`. */
  readonly parties: string;
  readonly correlation: string;
  /** RFC 6962 leaf hash of `record`. */
  readonly leaf: Uint8Array;
  readonly record: string;
}

export interface StoredRow extends EventRow {
  readonly position: number;
  readonly revision: number;
}
