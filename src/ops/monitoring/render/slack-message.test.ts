import { describe, expect, it } from "vitest";
import { readSpec } from "../spec.ts";
import { slackLimits, slackMessage, valuesOf } from "./slack-message.ts";

const specOf = (text: string) => {
  const reading = readSpec(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.spec;
};
const spec = specOf("alerting: { slack: {} }");
const names = ["Deployment Started", "Rollback Triggered", "Performance Target Met", "Security Violation"] as const;

describe("a Slack message", () => {
  it.each(names)("%s keeps every limit of Block Kit, however long its values are", (name) => {
    const endless = Object.fromEntries(valuesOf(name).map((value) => [value, "<&>".repeat(5000)]));
    const { text, blocks } = slackMessage(spec, name, { ...endless, url: "https://example.org/d/x" });
    expect(text.length).toBeLessThanOrEqual(slackLimits.text);
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const block of blocks) {
      if (block.type === "header") expect(block.text.text.length).toBeLessThanOrEqual(slackLimits.header);
      if (block.type !== "section") continue;
      expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(slackLimits.section);
      expect(block.fields?.length ?? 0).toBeLessThanOrEqual(slackLimits.fields);
      for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(slackLimits.field);
    }
  });

  it("calls nobody because of what an agent is called", () => {
    const message = slackMessage(spec, "Security Violation", { agent: "<!channel>", violation: "replay_attack" });
    expect(JSON.stringify(message)).not.toContain("<!channel>");
    expect(JSON.stringify(message)).toContain("&lt;!channel&gt;");
  });

  it("says a file's own words, and leaves a name that nothing fills in", () => {
    const own = specOf(`
alerting:
  slack:
    notifications: [{ name: Deployment Started, channel: default, template: "{{.version}} to {{ .place }}" }]
`);
    const { blocks } = slackMessage(own, "Deployment Started", { version: "2.0" });
    expect(JSON.stringify(blocks)).toContain("2.0 to {{ .place }}");
  });

  it("leaves out what it was not told", () => {
    const { blocks } = slackMessage(spec, "Rollback Triggered", { reason: "errors over 5 %" });
    expect(JSON.stringify(blocks)).not.toContain("*Measured*");
  });
});
