import { InvalidArgumentError, Option } from "commander";
import { scheduler } from "../client/world.ts";
import type { Attack } from "../review/attack/attack.ts";
import { Unprepared } from "../review/attack/cast.ts";
import { attacks } from "../review/attack/list.ts";
import type { AttackResult, AttackState } from "../review/attack/result.ts";
import { type AttackReport, PATIENCE_MS, runAttacks } from "../review/attack/run.ts";
import { act, command } from "./command.ts";
import { bearerOf, type ConnectionOptions, connecting } from "./connection.ts";
import { eventLine } from "./event-line.ts";
import { Failure } from "./failure.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import { realClock, realRng } from "./world.ts";

interface Options extends ConnectionOptions {
  readonly json?: boolean;
  readonly list?: boolean;
  readonly only?: readonly string[];
  readonly patience: number;
  readonly privateWebhooks?: boolean;
}

/** `lighthouse attack`: tries the controls of a running bridge, each beside the same request in good order. */
export const attackCommand = () =>
  connecting(
    command(
      "attack",
      "Attack a running bridge and see that it refuses: every attack beside the same request in good order, and with " +
        "what it left in the log. Needs the credential of an administrator; its own agents are called attack-… and are " +
        "revoked in the end.",
      {
        examples: `
        lighthouse attack
        lighthouse attack --url https://bridge.example --as ./admin.json --json
        lighthouse attack --only signature binding.id
        lighthouse attack --list`,
        endsWith: ["refused", "unreachable", "insecure"],
      },
    ),
  )
    .option("--list", "say what the attacks are, and run none")
    .option("--only <what...>", "run these: whole families (`signature`) or single ones (`signature.none`)")
    .addOption(
      new Option("--patience <milliseconds>", "how long a reply may take; longer is a hang, and the attack succeeded")
        .default(PATIENCE_MS)
        .argParser(parsePatience),
    )
    .option("--private-webhooks", "say that the operator lets webhooks lead to private networks on purpose")
    .action((options: Options) =>
      act(options, async ({ terminal, signal }) => {
        const chosen = choose(options.only);
        if (options.list === true) {
          const listed = chosen.map(({ id, title, does, tries }) => ({ id, title, does, tries }));
          terminal.result(listed, () =>
            table(
              ["attack", "what it does", "the control it tries"],
              listed.map((a) => [a.id, a.does, a.tries]),
            ),
          );
          return "ok";
        }
        const { url, token } = await bearerOf(options);
        const progress = terminal.progress("attacking");
        const running = runAttacks({
          target: { url, token },
          attacks: chosen,
          patienceMs: options.patience,
          clock: realClock,
          scheduler,
          rng: realRng(),
          hooks: { tell: (event) => eventLine(event, plain) },
          allowed: { privateWebhooks: options.privateWebhooks === true },
          signal,
          onProgress: progress.step,
        });
        const report = await begun(running, url).finally(progress.done);
        terminal.result(report, () => told(report, terminal.style));
        return report.ok ? "ok" : "insecure";
      }),
    );

const choose = (only: readonly string[] | undefined): readonly Attack[] => {
  if (only === undefined) return attacks;
  const isNamed = ({ id }: Attack): boolean => only.some((name) => id === name || id.startsWith(`${name}.`));
  const chosen = attacks.filter(isNamed);
  if (chosen.length > 0) return chosen;
  throw new Failure("usage", `No attack is called ${only.join(" or ")}.`, { remedy: "`lighthouse attack --list`" });
};

const colours = { refused: "green", succeeded: "red", "control failed": "red", "not run": "dim" } as const;

const told = ({ results, left }: AttackReport, style: Terminal["style"]): readonly string[] => {
  const count = (state: AttackState): number => results.filter((result) => result.state === state).length;
  const rows = table(
    ["", "attack", "the control it tried", "what was seen"],
    results.map(({ state, id, tries, says }): readonly string[] => [state, id, tries, says]),
  );
  const [heading = "", ...lines] = rows;
  const coloured = lines.map((line, i) => {
    const { state } = results[i] as AttackResult;
    return `${style(colours[state], state)}${line.slice(state.length)}`;
  });
  return [
    heading,
    ...coloured,
    "",
    `${results.length} attacks: ${count("refused")} refused with their controls accepted, ${count("succeeded")} succeeded, ` +
      `${count("control failed")} could not be judged, ${count("not run")} not run.`,
    ...(left.length === 0 ? [] : [style("red", `These agents could not be revoked: ${left.join(", ")}.`)]),
  ];
};

/** The event as a terminal shows it, less the colours of our own. */
const plain: Terminal["style"] = (_style, text) => text;

/** The caller's own mistake, or a bridge that is not there, told apart from what the attacks found. */
const begun = async (running: Promise<AttackReport>, url: string): Promise<AttackReport> => {
  try {
    return await running;
  } catch (error) {
    if (!(error instanceof Unprepared)) throw error;
    if (error.status === 0) throw new Failure("unreachable", `No bridge answers at ${url}.`);
    throw new Failure("refused", `The attacks cannot be prepared: ${error.message}.`, {
      remedy: "They need the credential of an agent with the role admin: name it with `--as`.",
    });
  }
};

function parsePatience(text: string): number {
  if (!/^\d{3,6}$/.test(text)) throw new InvalidArgumentError("Milliseconds, from 100 to 999999.");
  return Number(text);
}
