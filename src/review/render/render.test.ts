import { describe, expect, test } from "vitest";
import { reviewed, type Scene } from "../../../test/support/review-scene.ts";
import { measurementInWords } from "../diff.ts";
import { base64Of } from "../digest.ts";
import type { Measurement } from "../result.ts";
import { readUnverified } from "../verify/read.ts";
import { renderHtml } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";

const shownOf = (scene: Scene) => {
  const read = readUnverified(scene.bundle);
  if (!read.ok) throw new Error(read.why);
  const { certificate, sha256, keyids } = read;
  return { certificate, sha256, keyids, policy: scene.policy };
};
const html = (scene: Scene): string => renderHtml(shownOf(scene), Buffer.from(scene.bundle).toString(), script);
const script = "document.title;";

describe("a certificate as a document", () => {
  const scene = reviewed({ alerts: false, condition: "owned" });

  const p99 = (scene.issued.predicate.checks[0] as { readonly measurements: readonly Measurement[] })
    .measurements[0] as Measurement;

  test("has the sections of the seed, in its order", () => {
    const headings = [...renderMarkdown(shownOf(scene)).matchAll(/^#{1,2} (.*)$/gm)].map(([, name]) => name);
    expect(headings).toEqual([
      "Production Readiness Review Certificate",
      "Review scope",
      "Findings",
      "Decision",
      "Evidence",
      "Signature",
    ]);
  });

  test("says every number, every digest, who agreed, the story of each condition and why it is not GO", () => {
    const { predicate } = scene.issued;
    const markdown = renderMarkdown(shownOf(scene)).replaceAll("\\", "");
    for (const said of [
      ...predicate.checks.flatMap((check) =>
        "evidence" in check ? check.evidence.map(({ digest }) => digest.sha256) : [],
      ),
      ...predicate.inputs.map(({ digest }) => digest.sha256),
      ...predicate.signOffs.map(({ agent }) => agent),
      ...predicate.reasons.map(({ detail }) => detail),
      ...predicate.conditions.flatMap(({ story }) => story.map(({ detail }) => detail)),
      measurementInWords(p99),
      "at most 300 ms",
      "CONDITIONAL",
      "to at most 25 % of the agents",
    ])
      expect(markdown).toContain(said);
  });

  test("is the same document each time, and draws the measured latencies", () => {
    expect(html(scene)).toBe(html(scene));
    expect(html(scene)).toMatch(/<svg viewBox[^>]*>.*P99\.9.*<\/svg>/s);
    expect(html(scene)).toContain(`judged: ${measurementInWords(p99).split(",")[0]}`);
  });
});

describe("the page", () => {
  const evil = `</script><script>alert(1)</script><img src=x onerror=alert(1)>`;
  const scene = reviewed({ inputs: (inputs) => ({ ...inputs, title: evil }) });

  test("loads nothing, and runs no script but its own", () => {
    const page = html(scene);
    expect(page).toContain(`script-src 'sha256-${base64Of(script)}'`);
    expect([...page.matchAll(/<script\b/g)]).toHaveLength(2);
    expect(page).not.toContain("<img");
    expect(page).not.toMatch(/<[^>]*\s(?:src|href)=/);
  });

  test("writes what others said as words, in Markdown too", () => {
    expect(html(scene)).toContain("&#60;img src=x");
    expect(renderMarkdown(shownOf(scene))).toContain("\\<script\\>alert(1)");
  });
});
