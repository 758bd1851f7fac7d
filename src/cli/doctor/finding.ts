import type { Exit } from "../exit.ts";

/** What one check came to. A check that could not be made says so: it is neither well nor wrong. */
export interface Finding {
  readonly check: string;
  readonly state: "ok" | "warning" | "problem" | "not run";
  readonly says: string;
  readonly remedy?: string;
  /** The exit that a problem ends the command with. */
  readonly exit?: Exit;
}

export const ok = (check: string, says: string): Finding => ({ check, state: "ok", says });
export const warning = (check: string, says: string, remedy: string): Finding => ({
  check,
  state: "warning",
  says,
  remedy,
});
export const problem = (check: string, exit: Exit, says: string, remedy: string): Finding => ({
  check,
  state: "problem",
  says,
  remedy,
  exit,
});
export const notRun = (check: string, why: string): Finding => ({ check, state: "not run", says: why });
