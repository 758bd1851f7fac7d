import { isMap } from "../spec/check.ts";

/**
 * What PagerDuty's Events API v2 takes, from its official OpenAPI description and its developer documentation: used by
 * the receiver that drills and channel tests send to, so that a page which PagerDuty would refuse is not called sent.
 */

/** 512 KB, everything together. */
const eventLimitBytes = 524_288;
const summaryLimit = 1024;
const dedupKeyLimit = 255;
/** An integration key has 32 characters. */
const routingKey = /^[a-zA-Z0-9]{32}$/;
const actions = ["trigger", "acknowledge", "resolve"];
/** Lower case; CRITICAL is refused. */
const severities = ["critical", "error", "warning", "info"];

/** Everything that PagerDuty would have against an event; nothing when it would say 202. */
export const eventProblems = (body: unknown): readonly string[] => {
  if (!isMap(body)) return ["the event is not an object"];
  const { routing_key, event_action, dedup_key, payload, links, images, client, client_url } = body;
  return [
    ...say(typeof routing_key === "string" && routingKey.test(routing_key), "routing_key is not a 32-character key"),
    ...say(actions.includes(String(event_action)), `event_action is none of ${actions.join(", ")}`),
    ...say(
      dedup_key === undefined || isText(dedup_key, dedupKeyLimit),
      `dedup_key has more than ${dedupKeyLimit} characters`,
    ),
    ...say(
      event_action === "trigger" || isText(dedup_key, dedupKeyLimit),
      "dedup_key is missing: nothing says what is meant",
    ),
    ...(event_action === "trigger" || payload !== undefined ? payloadProblems(payload) : []),
    ...listProblems("links", links, "href"),
    ...listProblems("images", images, "src"),
    ...say(client === undefined || typeof client === "string", "client is not text"),
    ...say(client_url === undefined || typeof client_url === "string", "client_url is not text"),
    ...say(JSON.stringify(body).length <= eventLimitBytes, "the event is larger than 512 KB"),
  ];
};

const say = (fine: boolean, problem: string): readonly string[] => (fine ? [] : [problem]);
const isText = (value: unknown, limit: number): boolean =>
  typeof value === "string" && value !== "" && value.length <= limit;

const payloadProblems = (payload: unknown): readonly string[] => {
  if (!isMap(payload)) return ["payload is missing"];
  return [
    ...say(
      isText(payload["summary"], summaryLimit),
      `payload.summary is empty or has more than ${summaryLimit} characters`,
    ),
    ...say(isText(payload["source"], Infinity), "payload.source is missing"),
    ...say(severities.includes(String(payload["severity"])), `payload.severity is none of ${severities.join(", ")}`),
    ...["component", "group", "class"].flatMap((key) =>
      say(payload[key] === undefined || typeof payload[key] === "string", `payload.${key} is not text`),
    ),
    ...say(
      payload["timestamp"] === undefined || !Number.isNaN(Date.parse(String(payload["timestamp"]))),
      "payload.timestamp is not a time",
    ),
  ];
};

const listProblems = (name: string, list: unknown, address: string): readonly string[] => {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return [`${name} is not a list`];
  return list.flatMap((item, index) =>
    say(isMap(item) && /^https?:\/\//.test(String(item[address])), `${name}[${index}].${address} is not an address`),
  );
};

/** Incidents by integration key and dedup key: a resolve with another key resolves nothing. */
export type Incidents = ReadonlyMap<string, "triggered" | "acknowledged" | "resolved">;

/** The incidents after an event that PagerDuty took. What resolves no open incident is dropped, as there. */
export const afterEvent = (incidents: Incidents, event: Readonly<Record<string, unknown>>): Incidents => {
  const key = `${event["routing_key"]}/${event["dedup_key"]}`;
  const open = incidents.get(key) !== undefined && incidents.get(key) !== "resolved";
  switch (event["event_action"]) {
    case "trigger":
      return open ? incidents : new Map(incidents).set(key, "triggered");
    case "acknowledge":
      return open ? new Map(incidents).set(key, "acknowledged") : incidents;
    default:
      return open ? new Map(incidents).set(key, "resolved") : incidents;
  }
};
