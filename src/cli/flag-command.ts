import { Command, InvalidArgumentError } from "commander";
import type { Lighthouse } from "../client/index.ts";
import { type Act, act, command, strict } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { printableLine } from "./printable.ts";
import { table } from "./table.ts";

type Options = ConnectionOptions & { readonly json?: boolean };
type Change = Options & { readonly reason: string; readonly fence?: number };

interface Target {
  readonly agents?: readonly string[];
  readonly roles?: readonly string[];
  readonly expertise?: readonly string[];
  readonly on: boolean;
}
interface Flag {
  readonly name: string;
  readonly status: "none" | "set" | "killed";
  readonly fence: number;
  readonly percentage: number;
  readonly targets: readonly Target[];
  readonly by?: string;
  readonly reason?: string;
  readonly at?: number;
}

/** `lighthouse flag list | get | set | kill | restore`: switches that are set while the bridge runs. */
export const flagCommand = (): Command =>
  strict(new Command("flag"))
    .description("Switches for a share of the agents or for some, set while the bridge runs.")
    .addCommand(list())
    .addCommand(get())
    .addCommand(set())
    .addCommand(kill())
    .addCommand(restore());

const list = (): Command =>
  connecting(
    command("list", "Every flag that was ever set.", {
      examples: `lighthouse flag list`,
      endsWith: ["refused", "unreachable"],
    }),
  ).action((options: Options) =>
    doing(options, async (client, { terminal }) => {
      const { flags } = await client.operate<{ readonly flags: readonly Flag[] }>("flags.list", {});
      terminal.result({ flags }, () =>
        flags.length === 0
          ? "No flag was ever set; push-elicitation is then on for everybody."
          : table(
              ["NAME", "STATUS", "SHARE", "TARGETS", "FENCE", "BY", "WHY"],
              flags.map(({ name, status, percentage, targets, fence, by, reason }) => [
                ...[name, status, `${percentage} %`, String(targets.length), String(fence), by ?? "-"],
                printableLine(reason ?? "", 60),
              ]),
            ),
      );
    }),
  );

const get = (): Command =>
  connecting(
    command("get", "One flag: whom it is on for, and who changed it last and why.", {
      examples: `
        lighthouse flag get push-elicitation
        lighthouse flag get push-elicitation --agent bob`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .argument("<name>", "the flag")
    .option("--agent <name>", "also what it is for this agent")
    .action((name: string, options: Options & { readonly agent?: string }) =>
      doing(options, async (client, { terminal }) => {
        const flag = await client.operate<Flag>("flags.get", { name });
        const { agent } = options;
        const evaluated =
          agent === undefined
            ? undefined
            : await client.operate<{ value: boolean; reason: string }>("flags.evaluate", { name, agent });
        terminal.result(evaluated === undefined ? flag : { ...flag, evaluated }, () => [
          ...linesOf(flag),
          ...(evaluated === undefined ? [] : [`for ${agent}: ${evaluated.value ? "on" : "off"} (${evaluated.reason})`]),
        ]);
      }),
    );

const set = (): Command =>
  changing(
    connecting(
      command("set", "Set whom a flag is on for. Whoever changed it since you looked wins: then look again.", {
        examples: `
          lighthouse flag set push-elicitation 5 --reason "first step"
          lighthouse flag set push-elicitation 25 --fence 3 --reason "second step"
          lighthouse flag set new-summary 0 --on-for role=reviewer --on-for agent=alice --reason "reviewers first"`,
        endsWith: ["refused", "unreachable"],
      }),
    ),
  )
    .argument("<name>", "the flag")
    .argument("<percentage>", "share of the agents, 0 to 100 in steps of 0.01", percentage)
    .option(
      "--on-for <what=name>",
      "on for an agent, role or expertise, whatever the share (repeatable)",
      target(true),
      [],
    )
    .option(
      "--off-for <what=name>",
      "off for an agent, role or expertise (repeatable; looked at first)",
      target(false),
      [],
    )
    .action((name: string, share: number, options: Change & { onFor: readonly Target[]; offFor: readonly Target[] }) =>
      doing(options, async (client, { terminal }) => {
        const fence = options.fence ?? (await fenceNow(client, name));
        const targets = [...options.offFor, ...options.onFor];
        const { reason } = options;
        const flag = await client.operate<Flag>("flags.set", { name, percentage: share, targets, fence, reason });
        terminal.result(flag, () => linesOf(flag));
      }),
    );

const kill = (): Command =>
  connecting(
    command("kill", "Turn a flag off for everybody, now. Beats every other change until it is restored.", {
      examples: `lighthouse flag kill push-elicitation --reason "errors in the canary arm"`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .argument("<name>", "the flag")
    .requiredOption("--reason <words>", "why; it is recorded")
    .action((name: string, options: Change) =>
      doing(options, async (client, { terminal }) => {
        const flag = await client.operate<Flag>("flags.kill", { name, reason: options.reason });
        terminal.result(flag, () => linesOf(flag));
      }),
    );

const restore = (): Command =>
  changing(
    connecting(
      command("restore", "Bring a killed flag back: to what it was, or to another share.", {
        examples: `
          lighthouse flag restore push-elicitation --reason "mended in 1.4.2"
          lighthouse flag restore push-elicitation --percentage 1 --reason "again from the start"`,
        endsWith: ["refused", "unreachable"],
      }),
    ),
  )
    .argument("<name>", "the flag")
    .option("--percentage <n>", "share of the agents instead of what it was", percentage)
    .action((name: string, options: Change & { readonly percentage?: number }) =>
      doing(options, async (client, { terminal }) => {
        const fence = options.fence ?? (await fenceNow(client, name));
        const share = options.percentage === undefined ? {} : { percentage: options.percentage };
        const flag = await client.operate<Flag>("flags.restore", { name, fence, reason: options.reason, ...share });
        terminal.result(flag, () => linesOf(flag));
      }),
    );

const changing = (made: Command): Command =>
  made
    .requiredOption("--reason <words>", "why; it is recorded")
    .option("--fence <n>", "refuse if it was changed since this fence (default: the one it has now)", whole);

const doing = (options: Options, work: (client: Lighthouse, doing: Act) => Promise<void>): Promise<void> =>
  act(options, (doing) =>
    withClient(options, doing, async (client) => {
      await work(client, doing);
      return "ok";
    }),
  );

const fenceNow = async (client: Lighthouse, name: string): Promise<number> =>
  (await client.operate<Flag>("flags.get", { name })).fence;

const linesOf = ({ name, status, percentage: share, targets, fence, by, reason, at }: Flag): readonly string[] => {
  const state = {
    none: "was never set",
    set: `is on for ${share} % of the agents`,
    killed: "is killed: off for everybody",
  };
  return [
    `${name} ${state[status]} (fence ${fence})`,
    ...targets.map(({ on, agents, roles, expertise }) => {
      const names = [agents, roles, expertise].flatMap((each) => each ?? []);
      return `  ${on ? "on" : "off"} for ${printableLine(names.join(", "))}`;
    }),
    ...(by === undefined || at === undefined
      ? []
      : [`last changed ${new Date(at).toISOString()} by ${by}: ${printableLine(reason ?? "")}`]),
  ];
};

function percentage(text: string): number {
  const share = Number(text);
  if (!(share >= 0 && share <= 100) || text.trim() === "") throw new InvalidArgumentError("0 to 100.");
  return share;
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("a whole number.");
  return Number(text);
}

function target(on: boolean) {
  return (text: string, before: readonly Target[]): readonly Target[] => {
    const [, what, name] = /^(agent|role|expertise)=(.+)$/.exec(text) ?? [];
    if (what === undefined || name === undefined) {
      throw new InvalidArgumentError("agent=<name>, role=<name> or expertise=<word>.");
    }
    const member = { agent: "agents", role: "roles", expertise: "expertise" }[what] as "agents" | "roles" | "expertise";
    return [...before, { [member]: [name], on }];
  };
}
