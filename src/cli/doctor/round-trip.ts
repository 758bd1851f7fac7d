import type { Credential } from "../../client/credential.ts";
import { connect, type Lighthouse } from "../../client/index.ts";
import { LighthouseRefusal } from "../../client/refusal.ts";
import { explain } from "../failure.ts";
import { realClock, realRng } from "../world.ts";
import { type Finding, notRun, ok, problem } from "./finding.ts";

/** Whether the credential opens a session, and whether a question really is asked, signed, answered and told. */
export const roundTrip = async (credential: Credential): Promise<readonly Finding[]> => {
  let client: Lighthouse;
  try {
    client = await connect({ credential });
  } catch (error) {
    return [broken("credential", error), notRun("round trip", "needs a credential that works")];
  }
  try {
    return [
      ok("credential", `${credential.agent} is known to ${credential.audience}`),
      await between(client, credential.url),
    ];
  } finally {
    client.close();
  }
};

const DEADLINE_MS = 10_000;

/** Two agents for this one question, registered and revoked by the doctor: nobody else's inbox is touched. */
const between = async (operator: Lighthouse, url: string): Promise<Finding> => {
  const name = `doctor-${Buffer.from(realRng().bytes(6)).toString("hex")}`;
  const [asker, target] = [`${name}-asker`, `${name}-target`];
  const joined: Lighthouse[] = [];
  const registered: string[] = [];
  const join = async (agent: string): Promise<Lighthouse> => {
    const credential = await operator.agents.add({ name: agent, kind: "service" });
    registered.push(agent);
    const client = await connect({ credential: { ...credential, url } });
    joined.push(client);
    return client;
  };
  try {
    const [from, to] = [await join(asker), await join(target)];
    const answering = to.answerWith(() => ({ echo: name }));
    const started = realClock.monotonic();
    const schema = { type: "object", properties: { echo: { const: name } }, required: ["echo"] } as const;
    const outcome = await from.ask({ to: target, message: "Are you there?", schema, timeoutMs: DEADLINE_MS });
    const ms = Math.round(realClock.monotonic() - started);
    to.close();
    await answering;
    return outcome.status === "accepted"
      ? ok("round trip", `a question was asked, signed, answered and told in ${ms} ms`)
      : problem(
          "round trip",
          "fault",
          `a test question ended as ${outcome.status}`,
          "`lighthouse events --newest` shows what happened.",
        );
  } catch (error) {
    if (error instanceof LighthouseRefusal && error.code === "forbidden") {
      return notRun("round trip", "needs a credential with the role admin, as the operator's");
    }
    return broken("round trip", error);
  } finally {
    for (const client of joined) client.close();
    for (const agent of registered) await operator.agents.revoke(agent, "the doctor is done").catch(() => undefined);
  }
};

const broken = (check: string, error: unknown): Finding => {
  const { exit, title, detail, remedy } = explain(error);
  return problem(check, exit, detail === "" ? title : `${title} (${detail})`, remedy);
};
