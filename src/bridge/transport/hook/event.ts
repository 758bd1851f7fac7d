import type { Json } from "../../../domain/json.ts";
import { fenced, fencedText } from "../mcp/fence.ts";

/** The moments at which Claude Code runs a command and reads what it prints. */
export const hookEvents = ["SessionStart", "UserPromptSubmit", "PostToolUse", "Stop"] as const;
export type HookEvent = (typeof hookEvents)[number];

export const isHookEvent = (name: string | undefined): name is HookEvent =>
  (hookEvents as readonly (string | undefined)[]).includes(name);

export interface Waiting {
  readonly status: string;
  readonly position: number;
  readonly offer: {
    readonly id: string;
    readonly from: string;
    readonly message: string;
    readonly schema: Json;
    readonly deadline: number;
  };
}

/** Questions in one output, and characters of it: it goes into a model's context, unasked. */
const QUESTIONS_MAX = 5;
const CHARS_MAX = 8_000;

export interface HookOutput {
  /** What is printed; empty when there is nothing to say. */
  readonly text: string;
  /** The questions that stand in it. */
  readonly ids: readonly string[];
}

const nothing: HookOutput = { text: "", ids: [] };

/**
 * What a hook prints about what waits. In the middle of work only what is new; at a session's start all of it; at its
 * stop what nobody works on, once: `stopping` says that the session goes on already because of a hook.
 */
export const hookOutput = (event: HookEvent, waiting: readonly Waiting[], stopping: boolean): HookOutput => {
  if (event === "Stop" && stopping) return nothing;
  const { text: additionalContext, ids } = toldOf(event, waiting);
  if (additionalContext === "") return nothing;
  return { text: JSON.stringify({ hookSpecificOutput: { hookEventName: event, additionalContext } }), ids };
};

/** What wakes a session that sleeps: the same words, as text, about what is new. */
export const wakeOutput = (waiting: readonly Waiting[]): HookOutput => toldOf("Wake", waiting);

const toldOf = (event: HookEvent | "Wake", waiting: readonly Waiting[]): HookOutput => {
  const isTold = event === "SessionStart" || event === "Stop" ? isUnclaimed : isNew;
  const ids: string[] = [];
  const blocks: string[] = [];
  let chars = 0;
  for (const { offer, status } of waiting) {
    if (!isTold(status) || ids.length === QUESTIONS_MAX) continue;
    const block = blockOf(offer);
    if (chars + block.length > CHARS_MAX) continue;
    chars += block.length;
    ids.push(offer.id);
    blocks.push(block);
  }
  const told = waiting.filter(({ status }) => isTold(status)).length;
  if (told === 0) return nothing;
  const text = [
    `Lighthouse: ${told} question(s) from other agents wait for your answer${event === "Stop" ? " before you stop" : ""}.`,
    ...blocks,
    told > ids.length ? `${told - ids.length} more: call lighthouse_inbox.` : "",
    "Answer each with lighthouse_answer, or decline it with a reason.",
  ]
    .filter((line) => line !== "")
    .join("\n\n");
  return { text, ids };
};

const isNew = (status: string): boolean => status === "asked";
const isUnclaimed = (status: string): boolean => status === "asked" || status === "offered";

const blockOf = ({ id, from, message, schema, deadline }: Waiting["offer"]): string =>
  [
    `${id}: agent ${from} asks, answer before ${new Date(deadline).toISOString()}.`,
    fencedText(fenced(from, "authenticated by its credential", { message, schema })),
  ].join("\n");
