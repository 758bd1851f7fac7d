export interface Damage {
  readonly ok: false;
  /** The first position that is wrong; null when the damage is in the file itself and not in an event. */
  readonly position: number | null;
  readonly what: string;
}

export const damaged = (position: number | null, what: string): Damage => ({ ok: false, position, what });
