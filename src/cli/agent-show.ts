import type { Command } from "commander";
import type { AgentKeyView, ShownAgent } from "../client/wire.ts";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { printableLine } from "./printable.ts";
import { reachInWords } from "./reach.ts";
import { table } from "./table.ts";
import { realClock } from "./world.ts";

type Options = ConnectionOptions & { readonly json?: boolean };

/** `lighthouse agent show NAME`: who it is, and every key it ever had. */
export const showCommand = (): Command =>
  connecting(
    command("show", "One agent: what it may do, whether it can be reached, and every key it ever had.", {
      examples: `
        lighthouse agent show bob
        lighthouse agent show bob --json | jq '.keys[] | select(.state == "active")'`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .argument("<name>", "the agent")
    .action((name: string, options: Options) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const agent = await client.agents.show(name);
          doing.terminal.result(agent, () => [...told(agent, realClock.now()), ...keyTable(agent.keys)]);
          return "ok";
        }),
      ),
    );

const told = (agent: ShownAgent, now: number): readonly string[] => {
  const { name, kind, status, roles, expertise, reach, reason = "", invitedUntil } = agent;
  const why = reason === "" ? "" : `: ${printableLine(reason)}`;
  const invited =
    invitedUntil === undefined || invitedUntil < now ? [] : [`invited until ${new Date(invitedUntil).toISOString()}`];
  return [
    `${name} (${kind}), ${status}${why}`,
    `roles: ${roles.join(", ") || "-"}; expertise: ${expertise.join(", ") || "-"}`,
    ...(status === "active" ? [reachInWords(reach, now)] : []),
    ...invited,
  ];
};

const keyTable = (keys: readonly AgentKeyView[]): readonly string[] =>
  table(
    ["KEY", "ALGORITHM", "STATE", "SINCE", ""],
    keys.map((key) => [key.kid, key.alg, key.state, sinceOf(key), remarkOf(key)]),
  );

const sinceOf = ({ revoked, retiring, active, added }: AgentKeyView): string => {
  const { time, position } = revoked ?? retiring ?? active ?? added;
  return `${new Date(time).toISOString()} (${position})`;
};

const remarkOf = ({ revoked, retiring }: AgentKeyView): string => {
  if (revoked !== undefined) {
    const suspect =
      revoked.compromisedSince === undefined ? "" : `; suspect from position ${revoked.compromisedSince} on`;
    return `${printableLine(revoked.reason)}${suspect}`;
  }
  return retiring === undefined ? "" : `verifies until ${new Date(retiring.until).toISOString()}`;
};
