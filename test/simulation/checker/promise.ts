import type { ElicitationView } from "../../../src/client/wire.ts";
import type { History } from "./history.ts";
import { isOpen, type Story } from "./story.ts";

/**
 * Whether a reply is true of what is on disk. "now": in the moment in which it leaves the bridge; "later": an
 * acknowledgement that was given must hold for ever, though the story may have gone on.
 */
export const acknowledgementHolds = (
  past: History,
  agent: string,
  method: string,
  params: object,
  result: unknown,
  when: "now" | "later",
): string | undefined => {
  switch (method) {
    case "elicitations.ask":
      return askHolds(past, agent, params as AskParams, result as { readonly id: string; readonly deadline: number });
    case "elicitations.answer":
    case "elicitations.claim":
    case "elicitations.cancel":
      return changeHolds(past, method, params as ChangeParams, result as ElicitationView, when);
    case "inquiries.ask":
      return inquiryHolds(past, agent, params as AskParams, result as { readonly id: string });
    case "events.append":
      return customHolds(past, agent, params as CustomParams, result as { readonly position: number });
    default:
      return undefined;
  }
};

interface AskParams {
  readonly to: string;
  readonly message: string;
  readonly schema?: unknown;
  readonly key?: string;
}

const askHolds = (
  past: History,
  agent: string,
  params: AskParams,
  { id, deadline }: { readonly id: string; readonly deadline: number },
): string | undefined => {
  const asked = past.stories.get(id)?.asked;
  if (asked === undefined) return `${id} is not on disk`;
  const same =
    asked.from === agent &&
    asked.to === params.to &&
    asked.message === params.message &&
    asked.deadline === deadline &&
    asked.key === params.key &&
    JSON.stringify(asked.schema) === JSON.stringify(params.schema ?? {});
  return same ? undefined : `${id} on disk is another question`;
};

const inquiryHolds = (
  past: History,
  agent: string,
  { message }: AskParams,
  { id }: { readonly id: string },
): string | undefined => {
  const asked = past.inquiries.all.get(id)?.asked;
  if (asked === undefined) return `${id} is not on disk`;
  return asked.from === agent && asked.message === message ? undefined : `${id} on disk is another inquiry`;
};

interface ChangeParams {
  readonly id: string;
  readonly answer?: unknown;
  readonly holder?: string;
}

const changeHolds = (
  past: History,
  method: string,
  params: ChangeParams,
  view: ElicitationView,
  when: "now" | "later",
): string | undefined => {
  const story = past.stories.get(params.id);
  if (story === undefined) return `${params.id} is not on disk`;
  if (method === "elicitations.answer" && JSON.stringify(story.end?.answer) !== JSON.stringify(params.answer)) {
    return `the answer to ${params.id} is not on disk`;
  }
  if (method === "elicitations.cancel" && story.status !== "cancelled")
    return `${params.id} is ${story.status} on disk`;
  if (method === "elicitations.claim" && params.holder !== undefined && !story.holders.has(params.holder)) {
    return `the claim of ${params.holder} is not on disk`;
  }
  return when === "now" ? viewHolds(story, view) : undefined;
};

interface CustomParams {
  readonly name: string;
  readonly payload: unknown;
}

const customHolds = (
  past: History,
  agent: string,
  { name, payload }: CustomParams,
  { position }: { readonly position: number },
): string | undefined => {
  const event = past.events[position - 1];
  const there =
    event?.type === "custom" &&
    event.actor === agent &&
    event.data.name === name &&
    JSON.stringify(event.data.payload) === JSON.stringify(payload);
  return there ? undefined : `position ${position} on disk is something else`;
};

/** Whether a view of an elicitation says what is on disk. */
export const viewHolds = (story: Story, view: ElicitationView): string | undefined => {
  const { id, status, position, end, asked } = story;
  if (view.status !== status) return `${id} is ${status} on disk, ${view.status} in the view`;
  if (view.position !== position) return `${id} is at ${position} on disk, at ${view.position} in the view`;
  if (view.from !== asked.from || view.to !== asked.to || view.message !== asked.message) return `${id} is another's`;
  if (view.deadline !== asked.deadline) return `${id} has the deadline ${asked.deadline}, not ${view.deadline}`;
  if (isOpen(story)) return undefined;
  if (JSON.stringify(view.answer) !== JSON.stringify(end?.answer)) return `${id} has another answer`;
  if (status === "accepted" && JSON.stringify(view.content) !== contentOf(end?.answer))
    return `${id} has other content`;
  if (view.reason !== end?.reason) return `${id} has the reason ${end?.reason}, not ${view.reason}`;
  return undefined;
};

const contentOf = (answer: { readonly payload: string } | undefined): string =>
  JSON.stringify(
    (JSON.parse(Buffer.from(answer?.payload ?? "", "base64url").toString()) as { content: unknown }).content,
  );
