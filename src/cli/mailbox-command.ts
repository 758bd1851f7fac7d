import { Command } from "commander";
import type { Lighthouse } from "../client/index.ts";
import type { DeadLetter } from "../domain/dead-letter.ts";
import { act, command, strict } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { Failure } from "./failure.ts";
import { table } from "./table.ts";

type Options = ConnectionOptions & { readonly json?: boolean; readonly to?: string };
type Choice = Options & { readonly all?: boolean; readonly reason: string };

/** `lighthouse mailbox dead list | requeue | discard`: what mailboxes could not get to anybody. */
export const mailboxCommand = (): Command =>
  strict(new Command("mailbox"))
    .description("Mailboxes: the durable way of delivery, and what it could not get to anybody.")
    .addCommand(
      strict(new Command("dead"))
        .description("Dead letters: handed out five times to nobody's acknowledgement, or expired before any.")
        .addCommand(list())
        .addCommand(requeue())
        .addCommand(discard()),
    );

const ofAgent = (made: Command): Command => made.option("--to <agent>", "only those in this agent's mailbox");

const list = (): Command =>
  ofAgent(
    connecting(
      command("list", "Dead letters, oldest first.", {
        examples: `
          lighthouse mailbox dead list
          lighthouse mailbox dead list --to bob --json`,
        endsWith: ["refused", "unreachable"],
      }),
    ),
  ).action((options: Options) =>
    act(options, (doing) =>
      withClient(options, doing, async (client) => {
        const dead = await allDead(client, options.to);
        doing.terminal.result({ count: dead.length, dead }, () =>
          dead.length === 0
            ? "No dead letters."
            : [
                ...table(
                  ["ID", "FROM", "TO", "HANDED OUT", "WHY", "WHEN"],
                  dead.map(({ id, from, to, deliveries, why, at }) => [
                    ...[id, from, to, `${deliveries} times`, why, new Date(at).toISOString()],
                  ]),
                ),
                "Those with `deliveries` are still open: `requeue` hands them out again. Those that `expired` have ended.",
              ],
        );
        return "ok";
      }),
    ),
  );

const choosing = (made: Command): Command =>
  ofAgent(connecting(made))
    .argument("[id...]", "the elicitations; or --all")
    .option("--all", "all that are listed")
    .requiredOption("--reason <words>", "why; receipts show it");

const requeue = (): Command =>
  choosing(
    command("requeue", "Put dead letters back: they are handed out again, as if they were new.", {
      examples: `
        lighthouse mailbox dead requeue el_01ke5q86009dvk0thzvwqqcan9 --reason "bob's worker was mended"
        lighthouse mailbox dead requeue --all --to bob --reason "bob's worker was mended"`,
      endsWith: ["refused", "unreachable"],
    }),
  ).action((ids: readonly string[], options: Choice) =>
    act(options, (doing) =>
      withClient(options, doing, async (client) => {
        const chosen = await choice(client, ids, options, (letter) => letter.why === "deliveries");
        const done = await inBatches(client, "messages.requeue", chosen, options.reason);
        const { requeued = [], notDead = [], ended = [] } = done;
        doing.terminal.result({ requeued, notDead, ended }, () => [
          `${requeued.length} put back, ${notDead.length} are no dead letters, ${ended.length} have ended`,
          ...(ended.length > 0 ? ["What has ended can only be asked again, by its asker."] : []),
        ]);
        return "ok";
      }),
    ),
  );

const discard = (): Command =>
  choosing(
    command(
      "discard",
      "Give dead letters up: an open one ends, and its asker sees why; an expired one is listed no more.",
      {
        examples: `
        lighthouse mailbox dead discard el_01ke5q86009dvk0thzvwqqcan9 --reason "bob was retired"
        lighthouse mailbox dead discard --all --reason "seen"`,
        endsWith: ["refused", "unreachable"],
      },
    ),
  ).action((ids: readonly string[], options: Choice) =>
    act(options, (doing) =>
      withClient(options, doing, async (client) => {
        const chosen = await choice(client, ids, options, () => true);
        const done = await inBatches(client, "messages.discard", chosen, options.reason);
        const { discarded = [], notDead = [], ended = [] } = done;
        doing.terminal.result(
          { discarded, notDead, ended },
          () =>
            `${discarded.length} given up, ${notDead.length} are open and no dead letters, ${ended.length} had ended before`,
        );
        return "ok";
      }),
    ),
  );

const choice = async (
  client: Lighthouse,
  ids: readonly string[],
  { all = false, to }: Choice,
  fits: (letter: DeadLetter) => boolean,
): Promise<readonly string[]> => {
  if (all === ids.length > 0) {
    throw new Failure("usage", all ? "Name letters or say --all, not both." : "Which ones? Name them, or say --all.", {
      remedy: "`lighthouse mailbox dead list` shows them.",
    });
  }
  if (!all && to !== undefined) {
    throw new Failure("usage", "--to goes with --all.", { remedy: "Named letters are in one mailbox anyway." });
  }
  return all ? (await allDead(client, to)).filter(fits).map(({ id }) => id) : ids;
};

const PAGE = 1_000;

const allDead = async (client: Lighthouse, to: string | undefined): Promise<readonly DeadLetter[]> => {
  const dead: DeadLetter[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: { readonly dead: readonly DeadLetter[]; readonly next: number | null } = await client.operate(
      "messages.dead",
      { after, limit: PAGE },
    );
    dead.push(...page.dead);
    after = page.next;
  }
  return to === undefined ? dead : dead.filter((letter) => letter.to === to);
};

/** As many as one call takes; what came of all of them, under the reply's own names. */
const inBatches = async (client: Lighthouse, operation: string, ids: readonly string[], reason: string) => {
  const all: Record<string, string[]> = {};
  for (let at = 0; at < ids.length; at += PAGE) {
    const done = await client.operate<Readonly<Record<string, readonly string[]>>>(operation, {
      ids: ids.slice(at, at + PAGE),
      reason,
    });
    for (const [name, some] of Object.entries(done)) all[name] = [...(all[name] ?? []), ...some];
  }
  return all as Partial<Record<"requeued" | "discarded" | "notDead" | "ended", string[]>>;
};
