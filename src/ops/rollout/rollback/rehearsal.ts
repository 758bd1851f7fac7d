import { LighthouseRefusal } from "../../../client/refusal.ts";
import type { FlagStanding, FlagTarget, Operator, RollbackStanding } from "../operator.ts";

/**
 * A rehearsal goes the whole way back for agents that exist for it alone: they are put into the canary arm, get
 * questions there that nobody will answer, and are withdrawn like anybody. Everybody else keeps the arm they have.
 */
const AGENTS = 5;
const QUESTIONS_EACH = 4;
/** Should everything fail, the questions end by themselves. */
const QUESTION_MS = 300_000;

/** Names of the test agents of a rehearsal; they are given out once. */
export const shadowAgents = (id: string): readonly string[] =>
  Array.from({ length: AGENTS }, (_, i) => `rehearsal-${id.slice(3).toLowerCase()}-${i + 1}`);

/** May be repeated: what is there already is left as it is. */
export const prepareRehearsal = async (operator: Operator, { id, flag: name }: RollbackStanding): Promise<void> => {
  const shadows = shadowAgents(id);
  for (const agent of shadows) {
    await tolerating(
      "agent_exists",
      operator.operate("agents.add", { name: agent, kind: "service", roles: ["agent"] }),
    );
  }
  const flag = await operator.operate<FlagStanding>("flags.get", { name });
  if (flag.status === "set" && !flag.targets.some((target) => isOf(target, shadows))) {
    const { fence, percentage } = flag;
    const targets = [{ agents: shadows, on: true }, ...flag.targets];
    await operator.operate("flags.set", { name, fence, percentage, targets, reason: `rehearsal ${id}` });
  }
  for (const to of shadows) {
    for (let n = 1; n <= QUESTIONS_EACH; n++) {
      const question = {
        to,
        message: `rehearsal ${id}, question ${n}`,
        timeoutMs: QUESTION_MS,
        key: `${id}-${to}-${n}`,
      };
      await operator.operate("elicitations.ask", question);
    }
  }
};

/** Puts everything back as it was: the flag's targets, the questions, the agents. May be repeated. */
export const restoreAfterRehearsal = async (
  operator: Operator,
  { id, flag: name }: Pick<RollbackStanding, "id" | "flag">,
): Promise<{ readonly questions: number; readonly agents: number }> => {
  const shadows = shadowAgents(id);
  const flag = await operator.operate<FlagStanding>("flags.get", { name });
  const others = flag.targets.filter((target) => !isOf(target, shadows));
  if (flag.status === "set" && others.length < flag.targets.length) {
    const { fence, percentage } = flag;
    await operator.operate("flags.set", {
      name,
      fence,
      percentage,
      targets: others,
      reason: `rehearsal ${id} is over`,
    });
  }
  const questions = await openTo(operator, new Set(shadows));
  for (const question of questions) {
    const cancelled = operator.operate("elicitations.cancel", { id: question, reason: `rehearsal ${id} is over` });
    // Of those that another operator's rehearsal asked nobody else can take one back: they end by themselves.
    await tolerating("not_found", tolerating("already_ended", tolerating("expired", cancelled)));
  }
  for (const agent of shadows) {
    await tolerating(
      "agent_unknown",
      tolerating(
        "agent_revoked",
        operator.operate("agents.revoke", { name: agent, reason: `rehearsal ${id} is over` }),
      ),
    );
  }
  return { questions: questions.length, agents: shadows.length };
};

const isOf = (target: FlagTarget, shadows: readonly string[]): boolean =>
  target.agents?.some((agent) => shadows.includes(agent)) === true;

const openTo = async (operator: Operator, agents: ReadonlySet<string>): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (const arm of ["push", "mailbox"] as const) {
    for (let after: number | null = 0; after !== null; ) {
      const page: {
        readonly items: readonly { readonly id: string; readonly to: string }[];
        readonly next: number | null;
      } = await operator.operate("arms.open", { arm, after, limit: 1_000 });
      for (const { id, to } of page.items) if (agents.has(to)) ids.push(id);
      after = page.next;
    }
  }
  return ids;
};

/** A refusal that says that it is so already. */
const tolerating = async (code: string, work: Promise<unknown>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof LighthouseRefusal) || error.code !== code) throw error;
  }
};
