import { isMap } from "../spec/check.ts";

/**
 * What a Slack incoming webhook takes. There is no official schema: these are the limits that Slack documents, for the
 * older attachments that Alertmanager sends and for the blocks that our own notifications are made of.
 */

const textLimit = 40_000;
const attachmentsLimit = 100;
const actionsPerAttachment = 5;
const blocksLimit = 50;
const headerLimit = 150;
const sectionTextLimit = 3000;
const fieldsLimit = 10;
const fieldLimit = 2000;
const buttonLimit = 75;

/** Everything that Slack would have against a message, in its own words where it has any; nothing when it says "ok". */
export const messageProblems = (body: unknown): readonly string[] => {
  if (!isMap(body)) return ["invalid_payload: not an object"];
  const { text, attachments, blocks } = body;
  const empty = !isText(text, textLimit) && !isList(attachments) && !isList(blocks);
  return [
    ...(empty ? ["no_text: neither text nor attachments nor blocks"] : []),
    ...(typeof text === "string" && text.length > textLimit ? ["msg_too_long: text"] : []),
    ...(isList(attachments) ? attachmentProblems(attachments) : []),
    ...(isList(blocks) ? blockProblems(blocks) : []),
  ];
};

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0;
const isText = (value: unknown, limit: number): boolean =>
  typeof value === "string" && value !== "" && value.length <= limit;
const say = (fine: boolean, problem: string): readonly string[] => (fine ? [] : [problem]);

const attachmentProblems = (attachments: readonly unknown[]): readonly string[] => [
  ...say(attachments.length <= attachmentsLimit, `too_many_attachments: more than ${attachmentsLimit}`),
  ...attachments.flatMap((attachment, index) => {
    const at = `attachments[${index}]`;
    if (!isMap(attachment)) return [`invalid_attachments: ${at} is not an object`];
    const { text, fallback, title_link, actions } = attachment;
    return [
      ...say(isText(text, textLimit) || isText(fallback, textLimit) || isList(attachment["blocks"]), `no_text: ${at}`),
      ...say(
        title_link === undefined || title_link === "" || isAddress(title_link),
        `${at}.title_link is not an address`,
      ),
      ...(isList(actions) ? actionProblems(actions, at) : []),
      ...(isList(attachment["blocks"]) ? blockProblems(attachment["blocks"]) : []),
    ];
  }),
];

const actionProblems = (actions: readonly unknown[], at: string): readonly string[] => [
  ...say(actions.length <= actionsPerAttachment, `${at} has more than ${actionsPerAttachment} actions`),
  ...actions.flatMap((action, index) =>
    say(
      isMap(action) && isText(action["text"], buttonLimit) && (action["url"] === undefined || isAddress(action["url"])),
      `${at}.actions[${index}] has no text, or an address that is none`,
    ),
  ),
];

const isAddress = (value: unknown): boolean => /^https?:\/\/\S+$/.test(String(value)) && String(value).length <= 3000;

const blockProblems = (blocks: readonly unknown[]): readonly string[] => [
  ...say(blocks.length <= blocksLimit, `msg_blocks_too_long: more than ${blocksLimit}`),
  ...blocks.flatMap((block, index) =>
    isMap(block) ? blockProblem(block, `blocks[${index}]`) : [`invalid_blocks: blocks[${index}]`],
  ),
];

const blockProblem = (block: Readonly<Record<string, unknown>>, at: string): readonly string[] => {
  const { type, text, fields, elements } = block;
  switch (type) {
    case "header":
      return say(
        isMap(text) && text["type"] === "plain_text" && isText(text["text"], headerLimit),
        `invalid_blocks: ${at} header`,
      );
    case "section":
      return [
        ...say(
          text === undefined || (isMap(text) && isText(text["text"], sectionTextLimit)),
          `invalid_blocks: ${at} text`,
        ),
        ...say(text !== undefined || isList(fields), `invalid_blocks: ${at} says nothing`),
        ...(isList(fields)
          ? say(
              fields.length <= fieldsLimit &&
                fields.every((field) => isMap(field) && isText(field["text"], fieldLimit)),
              `invalid_blocks: ${at} fields`,
            )
          : []),
      ];
    case "actions":
      return say(isList(elements) && elements.length <= 25, `invalid_blocks: ${at} elements`);
    case "context":
      return say(isList(elements) && elements.length <= 10, `invalid_blocks: ${at} elements`);
    case "divider":
    case "image":
      return [];
    default:
      return [`invalid_blocks: ${at} is of no known type`];
  }
};
