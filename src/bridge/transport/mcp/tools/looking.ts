import { type Static, Type } from "typebox";
import type { Json } from "../../../../domain/json.ts";
import * as agentOps from "../../operations/agents.ts";
import * as eventOps from "../../operations/events.ts";
import { AnyJson, Name, Position, ReachSchema } from "../../views.ts";
import { fenced, fencedText } from "../fence.ts";
import { memberOf, shown, tool } from "../tool.ts";
import { FencedSchema } from "../views.ts";
import { reachText } from "./asking.ts";

type Reach = Static<typeof ReachSchema>;

interface Listed {
  readonly name: string;
  readonly kind: string;
  readonly roles: readonly string[];
  readonly expertise: readonly string[];
  readonly status: string;
  readonly reach: Reach;
}

export const agents = tool({
  name: "lighthouse_agents",
  title: "Who can be asked",
  description:
    "The agents that you can ask: what each knows about, and what is true about reaching it now. " +
    "An agent that is not connected still gets the question, when it next looks.",
  readOnly: true,
  input: { expertise: Type.Optional(memberOf<string>(agentOps.list, "expertise")) },
  output: {
    you: Name,
    agents: Type.Array(
      Type.Object({
        name: Name,
        kind: Type.String(),
        expertise: Type.Array(Type.String()),
        reach: ReachSchema,
      }),
    ),
  },
  run: async (desk, input) => {
    const listed = await desk.call<{ readonly agents: readonly Listed[] }>("agents.list", input);
    if (!listed.ok) return listed;
    const askable = listed.value.agents
      .filter(({ status, name }) => status === "active" && name !== desk.agent)
      .map(({ name, kind, expertise, reach }) => ({ name, kind, expertise: [...expertise], reach }));
    const lines = askable.map(
      ({ name, kind, expertise, reach }) =>
        `${name} (${kind})${expertise.length === 0 ? "" : ` knows ${expertise.join(", ")}`}: ${reachText(reach)}`,
    );
    const text = [`You are ${desk.agent}.`, ...(lines.length === 0 ? ["Nobody else is registered."] : lines)];
    return shown({ you: desk.agent, agents: askable } as never, text.join("\n"));
  },
});

export const note = tool({
  name: "lighthouse_note",
  title: "Append an event",
  description:
    "Append an event of your own to the log, under a dotted name such as build.done, for other agents to read. " +
    "It is on disk when this returns, and cannot be taken back.",
  readOnly: false,
  input: {
    name: memberOf<string>(eventOps.append, "name"),
    payload: AnyJson,
    expect: Type.Optional(memberOf<number>(eventOps.append, "expect")),
  },
  output: { id: Type.String(), position: Position, revision: Type.Integer() },
  run: async (desk, input) => {
    const appended = await desk.call<{ id: string; position: number; revision: number }>("events.append", input);
    if (!appended.ok) return appended;
    const { id, position, revision } = appended.value;
    return shown({ id, position, revision }, `${id} is on disk at position ${position}.`);
  },
});

interface LogEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly position: number;
  readonly actor: string;
  readonly data: Json;
}

const EVENTS_DEFAULT = 20;
const EVENTS_MAX = 100;

export const events = tool({
  name: "lighthouse_events",
  title: "Read the log",
  description:
    "Read the log by cursor: your own questions and answers, and everybody's custom events (filter by `name`). " +
    "Start with direction backward for the newest.",
  readOnly: true,
  input: {
    after: Type.Optional(Position),
    before: Type.Optional(Position),
    direction: Type.Optional(memberOf<"forward" | "backward">(eventOps.query, "direction")),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: EVENTS_MAX })),
    name: Type.Optional(memberOf<string>(eventOps.query, "name")),
    stream: Type.Optional(memberOf<string>(eventOps.query, "stream")),
    agent: Type.Optional(memberOf<string>(eventOps.query, "agent")),
  },
  output: {
    events: Type.Array(
      Type.Object({
        id: Type.String(),
        type: Type.String(),
        time: Type.String(),
        position: Position,
        actor: Type.String(),
        content: FencedSchema(AnyJson),
      }),
    ),
    next: Type.Union([Position, Type.Null()]),
    head: Position,
  },
  run: async (desk, { limit = EVENTS_DEFAULT, ...rest }) => {
    const page = await desk.call<{ events: readonly LogEvent[]; next: number | null; head: number }>("events.query", {
      ...rest,
      limit,
    });
    if (!page.ok) return page;
    const list = page.value.events.map(({ id, type, time, position, actor, data }) => ({
      ...{ id, type, time, position, actor },
      content: fenced(actor, "recorded by the bridge under this actor's credential", data),
    }));
    const lines = list.map(
      ({ position, time, type, actor, content }) => `${position} ${time} ${type} by ${actor}\n${fencedText(content)}`,
    );
    const { next, head } = page.value;
    const text = lines.length === 0 ? "No events." : lines.join("\n");
    return shown({ events: list, next, head } as never, `${text}\nNext cursor: ${next ?? "none"}; head: ${head}.`);
  },
});
