import { ProtocolError, type ReadResourceResult, type ResourceTemplateType } from "@modelcontextprotocol/server";
import type { Receipt } from "../../../domain/receipt.ts";
import type { ElicitationView } from "../views.ts";
import type { Desk, Told } from "./desk.ts";
import { showEnd } from "./views.ts";

const MIME = "application/json";

export const resourceTemplates: ResourceTemplateType[] = [
  {
    uriTemplate: "lighthouse://elicitation/{id}",
    name: "elicitation",
    title: "A question of yours and its outcome",
    description: "The question, its state and, once it has ended, its one outcome with the signed answer, unchanged.",
    mimeType: MIME,
  },
  {
    uriTemplate: "lighthouse://elicitation/{id}/receipt",
    name: "receipt",
    title: "What is known about a question's way",
    description: "Every step of the question's way that the bridge has on record: offers, claims, answers.",
    mimeType: MIME,
  },
];

const form = /^lighthouse:\/\/elicitation\/(el_[0-9a-z]{26})(\/receipt)?$/;

export const readResource = async (desk: Desk, uri: string): Promise<ReadResourceResult> => {
  const [, id, isReceipt] = form.exec(uri) ?? [];
  if (id === undefined) throw new ProtocolError(NOT_FOUND, "there is no such resource", { uri });
  const read =
    isReceipt === undefined ? await elicitation(desk, id) : await desk.call<Receipt>("elicitations.receipt", { id });
  if (!read.ok)
    throw new ProtocolError(NOT_FOUND, `${read.trouble.title} ${read.trouble.detail}`, { uri, ...read.trouble });
  return { contents: [{ uri, mimeType: MIME, text: JSON.stringify(read.value, null, 2) }] };
};

/** MCP's code for a resource that is not there; 2026-07-28 says invalid params, which the SDK maps for its clients. */
const NOT_FOUND = -32602;

const elicitation = async (desk: Desk, id: string): Promise<Told<object>> => {
  const view = await desk.call<ElicitationView>("elicitations.get", { id });
  if (!view.ok) return view;
  const { answer, message, schema, position } = view.value;
  return { ok: true, value: { ...showEnd(view.value), question: { message, schema }, position, answer } };
};
