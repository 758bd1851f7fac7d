import { Command, InvalidArgumentError } from "commander";
import type { EventQuery } from "../client/events.ts";
import type { EventTypeName } from "../domain/event.ts";
import { act, command, strict } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { eventLines } from "./event-line.ts";
import { eventTypeOption } from "./event-type-option.ts";
import { type Moment, parseMoment, untilMoment } from "./moment.ts";
import { readJson } from "./read-json.ts";
import { parsePosition } from "./watch-command.ts";

type Options = ConnectionOptions & { readonly json?: boolean };

/** `lighthouse events append | query`: the log, and your own events in it. */
export const eventsCommand = (): Command =>
  strict(new Command("events"))
    .description("Append events of your own; read the log as it is, or as it was.")
    .addCommand(append())
    .addCommand(query(), { isDefault: true });

const append = (): Command =>
  connecting(
    command("append", "Append an event of your own under a dotted name. When this returns, it is on disk.", {
      examples: `
        lighthouse events append build.finished '{"commit":"4f1c","ok":true}' --as ci
        git log -1 --format='{"commit":"%H"}' | lighthouse events append deploy.started - --as ci
        lighthouse events append counter.set 1 --expect -1      # only if it is the first of its name`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .argument("<name>", "its name, in your own namespace: build.finished")
    .argument("[payload]", "JSON: written out, a file, or -", "null")
    .option(
      "--expect <revision>",
      "revision of the newest event of that name that you know, -1 for none",
      parseRevision,
    )
    .action((name: string, payload: string, options: Options & { readonly expect?: number }) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { expect } = options;
          const json = readJson(payload, "the payload");
          const appended = await client.events.append(name, json, expect === undefined ? {} : { expect });
          doing.terminal.result(appended, () => `${appended.id} at position ${appended.position}`);
          return "ok";
        }),
      ),
    );

interface QueryOptions extends Options, Omit<EventQuery, "types" | "direction"> {
  readonly type?: readonly EventTypeName[];
  readonly newest?: boolean;
  readonly all?: boolean;
  readonly asOf?: Moment;
}

const query = (): Command =>
  connecting(
    command("query", "Read the log: your own elicitations and everybody's custom events; auditors read everything.", {
      examples: `
        lighthouse events query --newest --limit 20
        lighthouse events query --name build.finished --json
        lighthouse events query --correlation el_01ke5q86009dvk0thzvwqqcan9
        lighthouse events query --as-of 2026-01-05T12:00:00Z --all     # the log as it was then
        lighthouse events query --as-of 42`,
      endsWith: ["refused", "unreachable"],
    }),
  )
    .option(
      "--as-of <moment>",
      "only what the log held at a position (42) or a time (2026-01-05T12:00:00Z)",
      parseMoment,
    )
    .option("--name <name>", "custom events of this name")
    .option("--stream <stream>", "events of one stream: elicitation/el_…, agent/alice, custom/build.finished")
    .addOption(eventTypeOption())
    .option("--agent <name>", "events that this agent caused")
    .option("--correlation <id>", "everything that belongs to one story")
    .option("--since <time>", "from this time on (RFC 3339)")
    .option("--until <time>", "before this time (RFC 3339)")
    .option("--after <position>", "after this position", parsePosition)
    .option("--before <position>", "before this position", parsePosition)
    .option("--limit <count>", "events in one page, at most 1000 (default: 100)", parsePosition)
    .option("--newest", "newest first")
    .option("--all", "every page; with --json one line an event")
    .action((options: QueryOptions) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { terminal, signal } = doing;
          const lines = eventLines(terminal.style);
          if (options.all === true) {
            for await (const event of client.events.all(filterOf(options))) {
              if (signal.aborted) break;
              terminal.result(event, () => lines(event));
            }
            return "ok";
          }
          const page = await client.events.query(filterOf(options));
          terminal.result(page, () => page.events.flatMap(lines));
          if (page.next !== null) {
            const cursor = options.newest === true ? "--before" : "--after";
            terminal.note(
              `there may be more: add \`${cursor} ${page.next}\`, or --all (the log has ${page.head} events)`,
            );
          }
          return "ok";
        }),
      ),
    );

const filterOf = (options: QueryOptions): EventQuery => {
  const { name, stream, agent, correlation, since, until, after, before, limit } = options;
  const given = { name, stream, agent, correlation, since, until, after, before, limit, types: options.type };
  const direction = options.newest === true ? ({ direction: "backward" } as const) : {};
  const moment = options.asOf === undefined ? {} : untilMoment(options.asOf);
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...defined, ...direction, ...earlier(moment, { before, until }) };
};

/** `--as-of` beside `--before` or `--until`: whichever leaves out more. */
const earlier = (
  moment: { readonly before?: number; readonly until?: string },
  given: { readonly before: number | undefined; readonly until: string | undefined },
): EventQuery => ({
  ...(moment.before === undefined ? {} : { before: Math.min(moment.before, given.before ?? Number.POSITIVE_INFINITY) }),
  ...(moment.until === undefined ? {} : { until: minTime(moment.until, given.until ?? moment.until) }),
});

const minTime = (a: string, b: string): string => (Date.parse(a) <= Date.parse(b) ? a : b);

function parseRevision(text: string): number {
  if (!/^(-1|\d+)$/.test(text)) throw new InvalidArgumentError("A revision is a whole number from 0, or -1 for none.");
  return Number(text);
}
