import type { RefusalCode } from "../domain/refusal.ts";

/** Every code that a command ends with, and what it says to a script. Shown by `--help`; a test holds both together. */
export const exits = {
  ok: { code: 0, says: "it worked" },
  fault: { code: 1, says: "something broke that should not have; the message says what is known" },
  usage: { code: 2, says: "the command line, its input or its files have to be mended first" },
  refused: { code: 3, says: "the bridge said no" },
  declined: { code: 4, says: "the question was declined" },
  expired: { code: 5, says: "the deadline, or the time to wait, ran out" },
  unreachable: { code: 6, says: "nobody answers where a bridge, an agent or a product to be asked should be" },
  unverified: { code: 7, says: "the log, a proof or an export does not verify" },
  cancelled: { code: 8, says: "the question was taken back" },
  insecure: { code: 9, says: "an attack succeeded, or could not be judged" },
  withdrawn: { code: 10, says: "the rollout was taken back" },
  failing: { code: 11, says: "a check or a step failed; the output says what was asked and what came back" },
  differs: { code: 12, says: "what is there is not what is rendered" },
  conditional: { code: 13, says: "the review came to CONDITIONAL: conditions are open" },
  noGo: { code: 14, says: "the review came to NO-GO" },
  stale: {
    code: 15,
    says: "the certificate held and is not good any more: expired, revoked, or the system has changed",
  },
  interrupted: { code: 130, says: "Ctrl-C" },
} as const;

export type Exit = keyof typeof exits;

/** Lines for `--help`, for the exits that a command can have besides `ok`, `fault` and `usage`. */
export const exitHelp = (...own: readonly Exit[]): string => {
  const all: readonly Exit[] = ["ok", "fault", "usage", ...own, "interrupted"];
  return ["", "Exit codes:", ...all.map((exit) => `  ${String(exits[exit].code).padEnd(4)} ${exits[exit].says}`)].join(
    "\n",
  );
};

/** Refusals of what was sent, rather than of who sent it or when: those are mended at the command line. */
const ofInput: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  "invalid_input",
  "schema_invalid",
  "content_invalid",
  "too_large",
  "self_ask",
]);

export const exitOfRefusal = (code: RefusalCode): Exit => {
  if (ofInput.has(code)) return "usage";
  return code === "expired" ? "expired" : "refused";
};
