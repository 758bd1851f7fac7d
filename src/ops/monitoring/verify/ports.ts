import type { Clock, Rng, Scheduler } from "../../../domain/world.ts";
import type { CallPorts } from "../apply/call.ts";
import type { Checked } from "./checked.ts";

export interface VerifyPorts extends CallPorts {
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Values of the environment variables that monitoring.yaml names. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * The bridge that is watched, and a credential that may read there. Without it nothing can be provoked, and the
   * checks that follow something from the bridge to where it is looked at do not run.
   */
  readonly bridge?: { readonly url: string; readonly token: string } | undefined;
  readonly onChecked?: (checked: Checked, done: number, total: number) => void;
}
