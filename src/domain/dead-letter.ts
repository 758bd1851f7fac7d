/** A question that its target's mailbox could not get to anybody who says so. */
export interface DeadLetter {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Times it was handed out. */
  readonly deliveries: number;
  /** Handed out too often without an acknowledgement, or its deadline came before one. */
  readonly why: "deliveries" | "expired";
  /** When, milliseconds since 1970. */
  readonly at: number;
  readonly position: number;
}
