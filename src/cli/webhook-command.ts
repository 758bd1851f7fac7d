import { Command } from "commander";
import { LighthouseRefusal, type Reach } from "../client/index.ts";
import { act, command, strict } from "./command.ts";
import { type ConnectionOptions, connecting, withClient } from "./connection.ts";
import { pingLines } from "./ping-command.ts";
import { printableLine } from "./printable.ts";

type Options = ConnectionOptions & { readonly json?: boolean };

interface Hook {
  readonly url: string;
  readonly last?: { readonly at: number; readonly ok: boolean; readonly says: string };
}

/** `lighthouse webhook …`: where an agent's questions are posted while it is not connected. */
export const webhookCommand = (): Command =>
  strict(new Command("webhook"))
    .description("Have an agent's questions posted to a URL while it is not connected, as Standard Webhooks.")
    .addCommand(add())
    .addCommand(list())
    .addCommand(remove())
    .addCommand(test());

const add = (): Command =>
  connecting(
    command(
      "add",
      "Set the URL. The secret that posts are signed with is printed once; an earlier one ends with this.",
      {
        examples: `
        lighthouse webhook add https://hooks.example/lighthouse --as alice`,
        endsWith: ["refused", "unreachable"],
      },
    ),
  )
    .argument("<url>", "an https URL; private networks only if the bridge allows them")
    .action((url: string, options: Options) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const set = await client.operate<{ readonly url: string; readonly secret: string }>("webhook.set", { url });
          doing.terminal.result(set, () => [`Posts go to ${set.url}`, `Check them with the secret ${set.secret}`]);
          doing.terminal.note("The secret is shown here and nowhere else. `lighthouse webhook test` posts a canary.");
          return "ok";
        }),
      ),
    );

const list = (): Command =>
  connecting(
    command("list", "Where questions are posted to, and how the last post ended since the bridge started.", {
      examples: `
        lighthouse webhook list --as alice`,
      endsWith: ["refused", "unreachable"],
    }),
  ).action((options: Options) =>
    act(options, (doing) =>
      withClient(options, doing, async (client) => {
        const hooks = await client.operate<Hook>("webhook.get", {}).then((hook) => [hook], noneIf("not_found"));
        doing.terminal.result({ webhooks: hooks }, () =>
          hooks.length === 0 ? ["Posted nowhere."] : hooks.map(({ url, last }) => `${url}  ${lastInWords(last)}`),
        );
        return "ok";
      }),
    ),
  );

const remove = (): Command =>
  connecting(
    command("remove", "Have no questions posted any more.", {
      examples: `
        lighthouse webhook remove --as alice`,
      endsWith: ["refused", "unreachable"],
    }),
  ).action((options: Options) =>
    act(options, (doing) =>
      withClient(options, doing, async (client) => {
        const removed = await client.operate<object>("webhook.remove", {});
        doing.terminal.result(removed, () => ["Nothing is posted any more."]);
        return "ok";
      }),
    ),
  );

const test = (): Command =>
  connecting(
    command("test", "Post a canary to your webhook now, signed as questions are, and see how it is taken.", {
      examples: `
        lighthouse webhook test --as alice`,
      endsWith: ["refused", "unreachable"],
    }),
  ).action((options: Options) =>
    act(options, (doing) =>
      withClient(options, doing, async (client) => {
        const input = { name: client.agent, via: "webhook" };
        const { reach } = await client.operate<{ readonly reach: Reach }>("agents.ping", input);
        doing.terminal.result({ ping: reach.ping }, () => pingLines(client.agent, reach));
        return reach.ping?.ok === true ? "ok" : "unreachable";
      }),
    ),
  );

const lastInWords = (last: Hook["last"]): string =>
  last === undefined
    ? "(nothing posted since the bridge started)"
    : `${last.ok ? "ok" : "failed"}, ${new Date(last.at).toISOString()}: ${printableLine(last.says)}`;

const noneIf =
  (code: string) =>
  (error: unknown): readonly never[] => {
    if (error instanceof LighthouseRefusal && error.code === code) return [];
    throw error;
  };
