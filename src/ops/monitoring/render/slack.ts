import type { Spec } from "../spec/schema.ts";
import type { Renderer } from "./rendered.ts";
import { variableOf } from "./secret.ts";
import { type NotificationName, slackMessage, valuesOf } from "./slack-message.ts";
import { jsonFile, yamlFile } from "./text.ts";

/** slack/: which message goes where, and each message as it would be posted, its values still to be filled in. */
export const renderSlack: Renderer = (spec) => {
  const { enabled, notifications } = spec.alerting.slack;
  if (!enabled) return new Map();
  const names = [...new Set(notifications.map(({ name }) => name))];
  return new Map([
    ["slack/channels.yml", yamlFile(channels(spec, names))],
    ...names.map((name): [string, string] => [
      `slack/notifications/${name.toLowerCase().replaceAll(" ", "-")}.json`,
      jsonFile(slackMessage(spec, name, placeholders(name))),
    ]),
  ]);
};

const placeholders = (name: NotificationName) =>
  Object.fromEntries(
    valuesOf(name)
      .filter((value) => value !== "url")
      .map((value) => [value, `{{.${value}}}`]),
  );

const channels = (spec: Spec, names: readonly NotificationName[]) => ({
  messages: names.map((name) => {
    const { channel, by } = destinationOf(spec, name);
    return { name, channel, by };
  }),
});

export interface SlackDestination {
  readonly channel: string;
  /** The variable that holds the webhook or the bot's token. */
  readonly secret: string;
  readonly by: string;
}

/** Where a message goes: a webhook of the channel's own if there is one, a bot if there is one, else the one webhook. */
export const destinationOf = ({ alerting: { slack } }: Spec, name: NotificationName): SlackDestination => {
  const purpose = slack.notifications.findLast((each) => each.name === name)?.channel ?? "default";
  const channel = slack.channels[purpose];
  if (slack.bot_token !== undefined) {
    return { channel, secret: variableOf(slack.bot_token), by: `bot, token in ${variableOf(slack.bot_token)}` };
  }
  const own = purpose === "default" ? undefined : slack.webhook_urls[purpose];
  const secret = variableOf(own ?? slack.webhook_url);
  const decides = own === undefined && purpose !== "default" ? ", which posts to the channel that it was made for" : "";
  return { channel, secret, by: `incoming webhook in ${secret}${decides}` };
};
