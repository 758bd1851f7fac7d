import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type ElicitRequestFormParams,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  isInputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  type Tool as SdkTool,
  Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { Type } from "typebox";
import { invalidInput } from "../input-problems.ts";
import { type Desk, type Trouble, troubleOf } from "./desk.ts";
import { PendingShown, pendingFor } from "./pending.ts";
import { readResource, resourceTemplates } from "./resources.ts";
import type { Person, Tool } from "./tool.ts";
import { instructions, tools } from "./tools.ts";

export interface McpPorts {
  readonly version: string;
  /** A desk for one request; `signal` aborts when its client has gone or has taken the request back. */
  readonly deskFor: (request: { readonly id: string | number; readonly signal: AbortSignal }) => Desk;
  /** A tool broke: the operator is told why, the model only that. */
  readonly onFault: (fault: unknown) => void;
}

/**
 * The MCP server, for whichever protocol version the SDK found out that the client speaks. The low-level class, because
 * arguments are checked by our own validator, which tells every problem at once.
 */
export const mcpServer = ({ version, deskFor, onFault }: McpPorts): Server => {
  const server = new Server(
    { name: "lighthouse", title: "Lighthouse", version },
    { capabilities: { tools: {}, resources: {} }, instructions },
  );
  server.setRequestHandler("tools/list", () => ({ tools: listed }));
  server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
    const called = tools.find(({ name }) => name === params.name);
    if (called === undefined)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `no tool ${shortened(params.name)}`);
    const desk = deskFor(mcpReq);
    const person = personBehind(mcpReq, server.getClientCapabilities());
    const performed = await perform(called, desk, params.arguments ?? {}, person, onFault);
    return isInputRequiredResult(performed)
      ? performed
      : server.projectCallToolResult(performed, outputs.get(called.name));
  });
  server.setRequestHandler("resources/list", () => ({ resources: [] }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates }));
  server.setRequestHandler("resources/read", ({ params }, { mcpReq }) => readResource(deskFor(mcpReq), params.uri));
  return server;
};

const perform = async (
  { problemsOf, run, name }: Tool,
  desk: Desk,
  input: unknown,
  person: Person,
  onFault: (fault: unknown) => void,
): Promise<CallToolResult | InputRequiredResult> => {
  const problems = problemsOf(input);
  if (problems.length > 0) return failed(troubleOf(invalidInput(problems)));
  try {
    const told = await run(desk, input as never, person);
    if (told.ok === "ask") {
      const { message, schema } = told;
      const requestedSchema = schema as unknown as ElicitRequestFormParams["requestedSchema"];
      return inputRequired({ inputRequests: { [PERSON]: inputRequired.elicit({ message, requestedSchema }) } });
    }
    if (!told.ok) return failed(told.trouble);
    const { value, text } = told.value;
    const pending = name === INBOX ? null : await pendingFor(desk);
    return {
      content: [{ type: "text", text }, ...(pending === null ? [] : [{ type: "text" as const, text: pending.text }])],
      structuredContent: pending === null ? { ...value } : { ...value, pending: pending.value },
    };
  } catch (fault) {
    onFault(fault);
    return failed({
      code: "internal",
      title: "Lighthouse failed.",
      detail: "the operator's log says why",
      remedy: "Try again; repeat an ask with its key.",
    });
  }
};

const PERSON = "person";

/** Forms are asked for by name (2026-07-28, with every request) or by an empty member (2025-11-25, once). */
const personBehind = (
  { envelope, inputResponses }: Pick<ServerContext["mcpReq"], "envelope" | "inputResponses">,
  once: ClientCapabilities | undefined,
): Person => {
  const said = inputResponse(inputResponses, PERSON);
  if (said.kind === "elicit") return { can: "said", action: said.action, content: said.content };
  const each = (envelope as Readonly<Record<string, ClientCapabilities>> | undefined)?.[CLIENT_CAPABILITIES_META_KEY];
  const { elicitation } = each ?? once ?? {};
  if (elicitation === undefined) return { can: "nothing" };
  return elicitation.form !== undefined || elicitation.url === undefined ? { can: "forms" } : { can: "nothing" };
};

/** It shows what waits by itself. */
const INBOX = "lighthouse_inbox";

/** A tool's error and not the protocol's: the first is read by the model, the second by nobody who could mend it. */
const failed = (trouble: Trouble): CallToolResult => {
  const { code, title, detail, remedy, problems = [], retryAfterMs } = trouble;
  const lines = [
    `${title.replace(/\.$/, "")}${detail === "" ? "" : `: ${detail}`} [${code}]`,
    ...problems.map(({ pointer, message }) => `  ${pointer === "" ? "(the whole)" : pointer} ${message}`),
    remedy,
    ...(retryAfterMs === undefined ? [] : [`Try again after ${retryAfterMs} ms.`]),
  ];
  return { isError: true, content: [{ type: "text", text: lines.join("\n") }], structuredContent: { error: trouble } };
};

const outputs = new Map(
  tools.map(({ name, output }): [string, Record<string, unknown>] => [
    name,
    plain(Type.Object({ ...output.properties, ...(name === INBOX ? {} : { pending: Type.Optional(PendingShown) }) })),
  ]),
);

const listed: SdkTool[] = tools.map(({ name, title, description, input, annotations }) => ({
  ...{ name, title, description, annotations },
  inputSchema: plain(input) as SdkTool["inputSchema"],
  outputSchema: outputs.get(name) as NonNullable<SdkTool["outputSchema"]>,
}));

/** TypeBox marks its schemas with members that are not JSON. */
function plain(schema: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(schema)) as Record<string, unknown>;
}

const shortened = (name: string): string => JSON.stringify(name.slice(0, 64));
