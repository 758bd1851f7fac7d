import type { Sabotage } from "../sabotage/sabotage.ts";

/** A build in which one control does nothing, and the checks that then do not pass: these and no others. */
export interface Disabled {
  readonly control: string;
  readonly sabotage: Sabotage;
  /** Whether its effect is looked for under load, which takes its time, or by everything else. */
  readonly underLoad?: true;
  /** Whether it is seen only in a log that has grown, as it has after the attacks. */
  readonly afterAttacks?: true;
  readonly reddens: readonly string[];
}

const ASK = "src/bridge/transport/operations/elicitations.ts";
const asking = "const asked = await bridge.elicit.ask(input, { ...callerOf(who), receivedAt });";

/** For each probe that needs nothing but a bridge, a control without which it must not be green. */
export const disabled: readonly Disabled[] = [
  {
    control: "the health of the event store",
    sabotage: {
      file: "src/bridge/transport/http/health.ts",
      find: "...statusOf(log.writable ? undefined : log.reason),",
      replace: '...statusOf("it is sabotaged"),',
    },
    reddens: ["operations.health"],
  },
  {
    control: "the whole text of a custom event",
    sabotage: {
      file: "src/bridge/command/custom.ts",
      find: '{ type: "custom", data: { name, payload, ...under } },',
      replace:
        '{ type: "custom", data: { name, payload: JSON.parse(JSON.stringify(payload).replace(/[^\\x20-\\x7e]/gu, "?")), ...under } },',
    },
    reddens: ["events.custom"],
  },
  {
    control: "the speed of an ask",
    sabotage: {
      file: ASK,
      find: asking,
      replace: `if (input.message.includes("] load ")) await new Promise((resolve) => setTimeout(resolve, 2_500)); ${asking}`,
    },
    underLoad: true,
    reddens: ["performance.p99"],
  },
  {
    control: "the speed of one ask in fifty",
    sabotage: {
      file: ASK,
      find: asking,
      replace: `if (/\\] load \\d*[05]7$/.test(input.message)) await new Promise((resolve) => setTimeout(resolve, 9_000)); ${asking}`,
    },
    underLoad: true,
    reddens: ["performance.p99", "performance.delivery"],
  },
  {
    control: "the answer to one ask in fifty",
    sabotage: {
      file: ASK,
      find: asking,
      replace: `if (/\\] load \\d*[05]7$/.test(input.message)) throw new Error("sabotaged"); ${asking}`,
    },
    underLoad: true,
    reddens: ["performance.p99", "performance.errors", "performance.delivery"],
  },
  {
    control: "the comparison of a MAC",
    sabotage: {
      file: "src/signing/jws.ts",
      find: "if (!sameText(hmac(key, input), entry.signature))",
      replace: "if (false)",
    },
    reddens: ["security.attacks"],
  },
  {
    control: "the leaf hashes of the log",
    sabotage: {
      file: "src/bridge/log/verify.ts",
      find: "const leaf = leafHash(row.record);",
      replace: "const leaf = row.leaf;",
    },
    reddens: ["integrity.log"],
  },
  {
    control: "the newest events in a backup",
    sabotage: {
      file: "src/bridge/log/backup.ts",
      find: 'if (source.isTransaction) source.exec("COMMIT");',
      replace: 'if (source.isTransaction) source.exec("COMMIT"); copyFileSync(path, partial);',
    },
    afterAttacks: true,
    reddens: ["operations.backup"],
  },
  {
    control: "the newest questions after a restart",
    sabotage: {
      file: "src/bridge/projection/rebuild.ts",
      find: "foldAll(events);",
      replace:
        'foldAll(events.filter(({ type, data }) => type !== "elicitation.asked" || !/across a restart [67]$/.test(data.message)));',
    },
    reddens: ["integrity.restart"],
  },
];
