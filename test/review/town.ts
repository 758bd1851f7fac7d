import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Credential, KeyCredential } from "../../src/client/credential.ts";
import { connect, enrol, type Lighthouse } from "../../src/client/index.ts";
import { reviewerRoles } from "../../src/review/probe/propose.ts";

/** Who has a say about a bridge: its operator, one who mends things, and a reviewer of each trade with a key of its own. */
export interface Town {
  readonly credential: Credential;
  readonly operator: Lighthouse;
  readonly olivia: Lighthouse;
  /** What reviewers answer to the next sign-offs. */
  readonly says: Record<string, "approve" | "object" | "abstain" | "nothing">;
  /** What they were shown, newest last. */
  readonly shown: string[];
  readonly close: () => void;
}

export const openTown = async ({ url, data }: { readonly url: string; readonly data: string }): Promise<Town> => {
  const credential = { ...(JSON.parse(readFileSync(join(data, "operator.json"), "utf8")) as Credential), url };
  const operator = await connect({ credential });
  const olivia = await connect({
    credential: await operator.agents.add({ name: "olivia", kind: "human", roles: ["agent", "system"] }),
  });
  const says: Town["says"] = {};
  const shown: string[] = [];
  const reviewers: Lighthouse[] = [];
  for (const role of reviewerRoles) {
    const name = `the-${role}`;
    const reviewer = await connect({ credential: await enrolled(operator, url, name, role) });
    reviewers.push(reviewer);
    says[role] = "approve";
    const answering = reviewer.answerWith((question) => {
      shown.push(question.message);
      const decision = says[role];
      if (decision === "nothing" || decision === undefined) return undefined;
      const core = /core ([0-9a-f]{64})/.exec(question.message)?.[1] ?? "";
      return { decision, reason: `as ${role} I have read the numbers`, core };
    });
    answering.catch(() => undefined);
  }
  return {
    credential,
    operator,
    olivia,
    says,
    shown,
    close: () => {
      for (const client of [...reviewers, olivia, operator]) client.close();
    },
  };
};

const enrolled = async (operator: Lighthouse, url: string, agent: string, role: string): Promise<KeyCredential> => {
  const { token: invitation } = await operator.operate<{ readonly token: string }>("agents.invite", {
    name: agent,
    kind: "ai",
    roles: ["agent", "reviewer", role],
  });
  return enrol({ url, agent, invitation });
};

interface Condition {
  readonly id: string;
  readonly check: string;
  readonly standing: string;
}

export const conditionsOf = async (operator: Lighthouse): Promise<readonly Condition[]> =>
  (await operator.operate<{ readonly conditions: readonly Condition[] }>("conditions.list", { all: true })).conditions;

/** Olivia takes on everything that nobody has taken on. */
export const takeOn = async ({ operator, olivia }: Town): Promise<void> => {
  for (const { id, standing } of await conditionsOf(operator))
    if (standing === "open") await olivia.operate("conditions.acknowledge", { id, due: Date.now() + 86_400_000 });
};
