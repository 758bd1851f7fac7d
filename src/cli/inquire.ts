import { InvalidArgumentError } from "commander";
import type { InquireParams, InquiryView, Lighthouse } from "../client/index.ts";
import type { JsonSchema } from "../schema/node.ts";
import type { Act } from "./command.ts";
import { inWords } from "./duration.ts";
import type { Exit } from "./exit.ts";
import { printable, printableLine } from "./printable.ts";
import { readJson } from "./read-json.ts";
import { realClock } from "./world.ts";

/** When there is enough, and how many are asked at once for it. */
export interface Quorum {
  readonly quorum: NonNullable<InquireParams["quorum"]>;
  readonly width?: number;
}

/** `2`, `2/3`, `majority`, `all`. */
export const parseQuorum = (text: string): Quorum => {
  if (text === "majority" || text === "all") return { quorum: { kind: text } };
  const [, count, width = count] = /^([1-9]\d?)(?:\/([1-9]\d?))?$/.exec(text) ?? [];
  if (count === undefined || Number(width) < Number(count)) {
    throw new InvalidArgumentError("Write a quorum as 2, 2/3, majority or all.");
  }
  return { quorum: { kind: "first", count: Number(count) }, width: Number(width) };
};

export interface InquireOptions {
  readonly schema?: string;
  readonly timeout?: number;
  readonly wait: boolean;
  readonly key?: string;
  readonly causedBy?: string;
  readonly requireEd25519?: true;
  readonly quorum?: Quorum;
  readonly fallback?: string;
  readonly hedge?: number;
  readonly attempt?: number;
  readonly default?: string;
}

/** Asks several, tells the story as it goes, and ends with what was agreed. */
export const inquire = async (
  client: Lighthouse,
  asked: Pick<InquireParams, "to" | "expertise" | "message">,
  options: InquireOptions,
  { terminal, signal }: Act,
): Promise<Exit> => {
  const begun = await client.inquiries.start({ ...asked, ...paramsOf(options) });
  const { id, deadline } = begun;
  if (!options.wait) {
    terminal.result(begun, () => id);
    terminal.note(`${inWords(deadline - realClock.now())} to answer: ${id}`);
    return "ok";
  }
  terminal.note(`${inWords(deadline - realClock.now())} to answer: ${id}`);
  const story = storyteller((line) => terminal.note(line));
  const concluded = await client.inquiries.wait(id, { signal, onProgress: story });
  terminal.result(concluded, () => endLines(concluded));
  return exitOf(concluded.status);
};

const paramsOf = (options: InquireOptions): Partial<InquireParams> => ({
  ...options.quorum,
  ...given("schema", options.schema && (readJson(options.schema, "--schema") as JsonSchema)),
  ...given("default", options.default && readJson(options.default, "--default")),
  ...given("timeoutMs", options.timeout),
  ...given("attemptMs", options.attempt),
  ...given("hedgeMs", options.hedge),
  ...given("finally", options.fallback),
  ...given("causedBy", options.causedBy),
  ...given("requireEd25519", options.requireEd25519),
  ...given("key", options.key),
});

const given = (name: keyof InquireParams, value: unknown): Partial<InquireParams> =>
  value === undefined ? {} : { [name]: value };

/** Tells each thing once: who is asked and why, and what became of it. */
const storyteller = (say: (line: string) => void): ((now: InquiryView) => void) => {
  const told = new Set<string>();
  return ({ attempts }) => {
    for (const { elicitation, to, why, outcome } of attempts) {
      for (const [fact, line] of [
        ["asked", `asks ${to} (${printableLine(why)}): ${elicitation}`],
        ...(outcome === "open" ? [] : [[outcome, `${to} ${inStory[outcome]}`] as const]),
      ] as const) {
        if (!told.has(`${elicitation} ${fact}`)) say(line);
        told.add(`${elicitation} ${fact}`);
      }
    }
  };
};

const inStory = {
  accepted: "answers",
  declined: "declines",
  cancelled: "is not needed any more",
  expired: "said nothing in time",
  lapsed: "took it and did not answer",
} as const;

const endLines = ({ status, answers, default: assumed }: InquiryView): readonly string[] => {
  switch (status) {
    case "agreed":
      return answers.map(({ from, content }) => `${from}: ${printable(JSON.stringify(content))}`);
    case "default":
      return [`no agreement; the default is assumed: ${printable(JSON.stringify(assumed))}`];
    case "failed":
      return ["no agreement, and no default was declared"];
    case "cancelled":
      return ["taken back"];
    case "open":
      return ["still open"];
  }
};

const exitOf = (status: InquiryView["status"]): Exit => {
  switch (status) {
    case "agreed":
    case "default":
    case "open":
      return "ok";
    case "failed":
      return "declined";
    case "cancelled":
      return "cancelled";
  }
};
