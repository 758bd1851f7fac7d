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
  type ServerCapabilities,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { Type } from "typebox";
import { invalidInput } from "../input-problems.ts";
import type { Beside } from "./beside.ts";
import { type Desk, type Trouble, troubleOf } from "./desk.ts";
import { PendingShown, pendingFor } from "./pending.ts";
import { readResource, resourceTemplates } from "./resources.ts";
import { serveTasks, speaksTasks, TASKS, type Task, taskCreated } from "./tasks.ts";
import type { Person, Tool } from "./tool.ts";
import { wait as waitTool } from "./tools/asking.ts";
import { instructions, tools } from "./tools.ts";
import { type Wait, waitTask } from "./wait-task.ts";

export interface McpPorts {
  readonly version: string;
  /** A desk for one request; `signal` aborts when its client has gone or has taken the request back. */
  readonly deskFor: (request: { readonly id: string | number; readonly signal: AbortSignal }) => Desk;
  /** A tool broke: the operator is told why, the model only that. */
  readonly onFault: (fault: unknown) => void;
  readonly beside?: Beside | undefined;
}

/**
 * The MCP server, for whichever protocol version the SDK found out that the client speaks. The low-level class, because
 * arguments are checked by our own validator, which tells every problem at once.
 */
export const mcpServer = ({ version, deskFor, onFault, beside }: McpPorts): Server => {
  const server = new Server(
    { name: "lighthouse", title: "Lighthouse", version },
    {
      capabilities: { ...capabilities, ...beside?.capabilities },
      instructions,
      ...(beside?.requestState === undefined ? {} : { requestState: beside.requestState }),
    },
  );
  const doing = async (called: Tool, desk: Desk, input: unknown, person: Person) => {
    const performed = await perform(called, desk, input, person, onFault);
    return isInputRequiredResult(performed)
      ? performed
      : server.projectCallToolResult(performed, outputs.get(called.name));
  };
  server.setRequestHandler("tools/list", () => ({ tools: [...listed, ...(beside?.tools ?? [])] }));
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const input = params.arguments ?? {};
    const called = tools.find(({ name }) => name === params.name);
    if (called === undefined) {
      const result = beside?.call(params.name, input, context);
      if (result !== undefined) return (await result) as CallToolResult;
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `no tool ${shortened(params.name)}`);
    }
    const desk = deskFor(context.mcpReq);
    if (called.asTask !== undefined && speaksTasks(context) && called.problemsOf(input).length === 0) {
      const wait = await called.asTask(desk, input as never);
      if (wait.ok && wait.value.status === "working") return taskCreated(working(wait.value)) as CallToolResult;
    }
    return doing(called, desk, input, personBehind(context.mcpReq, server.getClientCapabilities()));
  });
  serveTasks(server, {
    find: async (id, context) => {
      const also = await beside?.tasks.find(id, context);
      if (also !== undefined) return also;
      const desk = deskFor(context.mcpReq);
      const wait = waitTool.problemsOf({ id }).length === 0 ? await waitTask(desk, id) : undefined;
      if (wait?.ok !== true) return undefined;
      if (wait.value.status === "working") return working(wait.value);
      // What the call would have returned, had it waited.
      const result = await doing(waitTool, desk, { id, waitMs: 0 }, { can: "nothing" });
      return { ...wait.value, status: "completed", result };
    },
    update: (id, responses) => beside?.tasks.update(id, responses),
    cancel: (id) => beside?.tasks.cancel(id),
  });
  server.setRequestHandler("resources/list", () => ({ resources: [...(beside?.resources ?? [])] }));
  server.setRequestHandler("resources/templates/list", () => ({
    resourceTemplates: [...resourceTemplates, ...(beside?.templates ?? [])],
  }));
  server.setRequestHandler(
    "resources/read",
    ({ params }, { mcpReq }) => beside?.read(params.uri) ?? readResource(deskFor(mcpReq), params.uri),
  );
  beside?.extend(server);
  return server;
};

const capabilities: ServerCapabilities = { tools: {}, resources: {}, extensions: { [TASKS]: {} } };

const working = (wait: Wait): Task => ({ ...wait, status: "working" });

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
    if (told.ok === "visit") {
      const { message, url } = told;
      return inputRequired({ inputRequests: { [PERSON]: inputRequired.elicitUrl({ message, url }) } });
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
  const { form, url } = elicitation;
  return { can: "asked", forms: form !== undefined || url === undefined, pages: url !== undefined };
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
