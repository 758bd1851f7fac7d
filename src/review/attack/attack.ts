import type { Hooks } from "./result.ts";
import type { Trial } from "./trial.ts";

/** One attack on a running bridge, with the control that has to stop it. */
export interface Attack {
  /** `family.name`; stable, because evidence and `--only` go by it. */
  readonly id: string;
  readonly title: string;
  /** What is sent, in a sentence. */
  readonly does: string;
  /** The control that it tries. */
  readonly tries: string;
  /** What it cannot be run without. */
  readonly needs?: keyof Hooks;
  readonly run: (trial: Trial) => Promise<void>;
}
