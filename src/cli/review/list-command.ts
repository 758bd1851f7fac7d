import type { Command } from "commander";
import type { Json } from "../../domain/json.ts";
import { reviewEvents } from "../../review/run.ts";
import { act, command } from "../command.ts";
import { type ConnectionOptions, connecting, withClient } from "../connection.ts";
import { table } from "../table.ts";

interface Finished {
  readonly review: string;
  readonly verdict: string;
  readonly certificate: string;
}

/** `lighthouse review list`: what the log knows of reviews. */
export const listCommand = (): Command =>
  connecting(
    command(
      "list",
      "The reviews that this bridge's log knows of, newest first, with the digests of their certificates.",
      {
        examples: "lighthouse review list",
        endsWith: ["refused", "unreachable"],
      },
    ),
  ).action((options: ConnectionOptions & { readonly json?: boolean }) =>
    act(options, (doing) =>
      withClient(options, doing, async (client) => {
        const { events } = await client.events.query({ name: reviewEvents.finished, direction: "backward" });
        const reviews = events.map(({ time, position, actor, data }) => ({
          ...{ time, position, by: actor },
          ...((data as { readonly payload: Json }).payload as unknown as Finished),
        }));
        doing.terminal.result({ reviews }, () =>
          reviews.length === 0
            ? "No review has been finished here."
            : table(
                ["TIME", "VERDICT", "REVIEW", "BY", "CERTIFICATE"],
                reviews.map((one) => [one.time, one.verdict, one.review, one.by, one.certificate]),
              ),
        );
        return "ok";
      }),
    ),
  );
