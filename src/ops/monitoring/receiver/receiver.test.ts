import { describe, expect, it } from "vitest";
import { afterEvent, eventProblems, type Incidents } from "./pagerduty.ts";
import { messageProblems } from "./slack.ts";

const event = {
  routing_key: "0123456789abcdef0123456789abcdef",
  event_action: "trigger",
  dedup_key: "a",
  payload: { summary: "The bridge is slow.", source: "prometheus", severity: "warning" },
};

describe("an event for PagerDuty", () => {
  it("is taken when it is right, and when it resolves without a payload", () => {
    expect(eventProblems(event)).toEqual([]);
    expect(eventProblems({ routing_key: event.routing_key, event_action: "resolve", dedup_key: "a" })).toEqual([]);
  });

  it.each([
    ["a severity in capitals", { ...event, payload: { ...event.payload, severity: "CRITICAL" } }, "severity"],
    ["no summary", { ...event, payload: { ...event.payload, summary: "" } }, "summary"],
    ["a summary of 1025 characters", { ...event, payload: { ...event.payload, summary: "x".repeat(1025) } }, "1024"],
    ["no source", { ...event, payload: { ...event.payload, source: undefined } }, "source"],
    ["a REST key", { ...event, routing_key: "u+abc" }, "routing_key"],
    ["a resolve of nobody knows what", { routing_key: event.routing_key, event_action: "resolve" }, "dedup_key"],
    ["an unknown action", { ...event, event_action: "open" }, "event_action"],
    ["a link to nowhere", { ...event, links: [{ href: "", text: "Runbook" }] }, "links[0].href"],
    ["the ancestor's dictionary", { incident: { type: "incident", title: "P99" } }, "routing_key"],
    ["more than 512 KB", { ...event, payload: { ...event.payload, custom_details: "x".repeat(600_000) } }, "512 KB"],
  ])("is refused with %s", (_, body, problem) => {
    expect(eventProblems(body).join("; ")).toContain(problem);
  });
});

describe("an incident", () => {
  const after = (...actions: readonly (readonly [string, string])[]): Incidents =>
    actions.reduce<Incidents>(
      (incidents, [event_action, routing_key]) => afterEvent(incidents, { event_action, routing_key, dedup_key: "a" }),
      new Map(),
    );

  it("is opened once and resolved once", () => {
    expect([...after(["trigger", "k"], ["trigger", "k"]).values()]).toEqual(["triggered"]);
    expect([...after(["trigger", "k"], ["acknowledge", "k"], ["resolve", "k"]).values()]).toEqual(["resolved"]);
  });

  it("is not resolved by an event with another integration key, and not opened by a resolve", () => {
    expect([...after(["trigger", "k"], ["resolve", "other"])]).toEqual([["k/a", "triggered"]]);
    expect(after(["resolve", "k"]).size).toBe(0);
  });
});

describe("a message for Slack", () => {
  it("is taken as Alertmanager writes it, and as blocks", () => {
    const actions = [{ type: "button", text: "Runbook", url: "http://localhost/r" }];
    expect(messageProblems({ attachments: [{ title: "t", fallback: "f", text: "x", actions }] })).toEqual([]);
    expect(
      messageProblems({ text: "t", blocks: [{ type: "header", text: { type: "plain_text", text: "t" } }] }),
    ).toEqual([]);
  });

  it.each([
    ["nothing to say", {}, "no_text"],
    ["51 blocks", { blocks: Array(51).fill({ type: "divider" }) }, "msg_blocks_too_long"],
    ["a header in mrkdwn", { blocks: [{ type: "header", text: { type: "mrkdwn", text: "t" } }] }, "header"],
    [
      "a header of 151 characters",
      { blocks: [{ type: "header", text: { type: "plain_text", text: "x".repeat(151) } }] },
      "header",
    ],
    [
      "a section of 3001 characters",
      { blocks: [{ type: "section", text: { type: "mrkdwn", text: "x".repeat(3001) } }] },
      "text",
    ],
    ["11 fields", { blocks: [{ type: "section", fields: Array(11).fill({ type: "mrkdwn", text: "x" }) }] }, "fields"],
    ["a block of no known type", { blocks: [{ type: "graph" }] }, "no known type"],
    ["six actions", { attachments: [{ text: "x", actions: Array(6).fill({ text: "a" }) }] }, "actions"],
    ["a button that leads nowhere", { attachments: [{ text: "x", actions: [{ text: "a", url: "" }] }] }, "actions[0]"],
  ])("is refused with %s", (_, body, problem) => {
    expect(messageProblems(body).join("; ")).toContain(problem);
  });
});
