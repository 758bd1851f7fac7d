import type { Lighthouse } from "../../client/index.ts";
import { PUSH_FLAG } from "../../domain/arm.ts";
import { finishRollback } from "../../ops/rollout/rollback/go-back.ts";
import { prepareRehearsal, restoreAfterRehearsal, shadowAgents } from "../../ops/rollout/rollback/rehearsal.ts";
import { beginRollback } from "../../ops/rollout/rollback/roll-back.ts";
import type { Rehearse } from "../../review/probe/rollback.ts";
import type { Ports } from "../rollout/ports.ts";
import { realRng } from "../world.ts";

/** What `lighthouse rollback --rehearse` does, as a probe asks for it. */
export const rehearsalBy =
  (ports: (client: Lighthouse) => Ports, open: () => Promise<Lighthouse>): Rehearse =>
  async () => {
    const client = await open();
    try {
      const own = ports(client);
      const id = `rb_${Buffer.from(realRng().bytes(8)).toString("hex")}`;
      const { rollback } = await beginRollback(own, {
        ...{ id, flag: PUSH_FLAG, reason: "a readiness review rehearses it", rehearsal: true },
        scope: { kind: "partial", agents: shadowAgents(id), roles: [] },
      });
      if (rollback === null) throw new Error("a rollback that was begun is not there");
      await prepareRehearsal(own.operator, rollback);
      const done = await finishRollback(own, id);
      await restoreAfterRehearsal(own.operator, rollback);
      if (!done.ok) throw new Error(`the rehearsal stopped at ${done.step}: ${done.why}`);
    } finally {
      client.close();
    }
  };
