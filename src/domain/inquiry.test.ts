import { describe, expect, test } from "vitest";
import { specification } from "../../test/support/specification.ts";
import { type InquiryFact, inquiry, type Plan } from "./inquiry.ts";

const { given } = specification(inquiry);

const plan = (over: Partial<Plan> = {}): Plan => ({
  from: "alice",
  candidates: ["bob", "carol", "dave"].map((agent) => ({ agent, why: "knows sql" })),
  quorum: { kind: "first", count: 1 },
  width: 1,
  message: "?",
  schema: {},
  deadline: 1_000,
  attemptMs: 100,
  hasDefault: false,
  ...over,
});
const ids = ["e1", "e2", "e3"];
const asked = (p: Plan): InquiryFact => ({ type: "inquiry.asked", data: p });
const routed = (elicitation: string, to: string): InquiryFact => ({
  type: "inquiry.routed",
  data: { elicitation, to, why: "knows sql" },
});
const heard = (
  elicitation: string,
  how: "accepted" | "declined" | "expired",
  content = how === "accepted" ? "yes" : "",
): InquiryFact => ({
  type: "inquiry.heard",
  data: { elicitation, how, content },
});
const concluded = (how: "agreed" | "default" | "failed" | "cancelled", ...elicitations: string[]): InquiryFact => ({
  type: "inquiry.concluded",
  data: { how, elicitations },
});
const hear = (
  elicitation: string,
  how: "accepted" | "declined" | "expired",
  content = how === "accepted" ? "yes" : "",
) => ({ type: "hear", elicitation, how, content, ids: ["n1", "n2"] }) as const;

describe("one at a time", () => {
  const p = plan();
  const open = [asked(p), routed("e1", "bob")];
  test("the best candidate is asked first, with the reason", () => {
    given()
      .when({ type: "ask", plan: p, ids })
      .then(...open);
  });
  test("an answer concludes it", () => {
    given(...open)
      .when(hear("e1", "accepted"))
      .then(heard("e1", "accepted"), concluded("agreed", "e1"));
  });
  test.each(["declined", "expired"] as const)("when the first has %s, the next is asked", (how) => {
    given(...open)
      .when(hear("e1", how))
      .then(heard("e1", how), routed("n1", "carol"));
  });
  test("the same news twice is heard once", () => {
    given(...open, heard("e1", "declined"), routed("e2", "carol"))
      .when(hear("e1", "declined"))
      .thenNothing();
  });
  test("news of a stranger's elicitation changes nothing", () => {
    given(...open)
      .when(hear("e9", "accepted"))
      .thenNothing();
  });
  test("when nobody is left it fails, or falls back on the declared default, marked as such", () => {
    const rest = [heard("e1", "declined"), routed("e2", "carol"), heard("e2", "expired"), routed("e3", "dave")];
    given(...open, ...rest)
      .when(hear("e3", "declined"))
      .then(heard("e3", "declined"), concluded("failed"));
    const withDefault = plan({ hasDefault: true, default: false });
    given(asked(withDefault), routed("e1", "bob"), ...rest)
      .when(hear("e3", "declined"))
      .then(heard("e3", "declined"), concluded("default"));
  });
  test("a hedge asks one more beside those who think", () => {
    given(...open)
      .when({ type: "hedge", ids: ["n1"] })
      .then(routed("n1", "carol"));
    given(...open, concluded("agreed", "e1"))
      .when({ type: "hedge", ids: ["n1"] })
      .thenNothing();
  });
  test("a hedge with nobody left to ask changes nothing", () => {
    const one = plan({ candidates: [{ agent: "bob", why: "knows sql" }] });
    given(asked(one), routed("e1", "bob"))
      .when({ type: "hedge", ids: ["n1"] })
      .thenNothing();
  });
  test("at its deadline it is over", () => {
    given(...open)
      .when({ type: "expire", now: 999 })
      .thenNothing();
    given(...open)
      .when({ type: "expire", now: 1_000 })
      .then(concluded("failed"));
  });
  test("only the asker cancels", () => {
    given(...open)
      .when({ type: "cancel", by: "bob" })
      .thenRefused("not_found");
    given(...open)
      .when({ type: "cancel", by: "alice" })
      .then(concluded("cancelled"));
    given(...open, concluded("cancelled"))
      .when({ type: "cancel", by: "alice" })
      .thenNothing();
  });
});

describe("several at once", () => {
  const at = (p: Plan, ...more: InquiryFact[]) =>
    given(asked(p), routed("e1", "bob"), routed("e2", "carol"), routed("e3", "dave"), ...more);

  test("all candidates are asked when the width says so", () => {
    const p = plan({ width: 3 });
    given()
      .when({ type: "ask", plan: p, ids })
      .then(asked(p), routed("e1", "bob"), routed("e2", "carol"), routed("e3", "dave"));
  });
  test("the first two of three are enough, and the third is moot", () => {
    const p = plan({ width: 3, quorum: { kind: "first", count: 2 } });
    at(p).when(hear("e2", "accepted")).then(heard("e2", "accepted"));
    at(p, heard("e2", "accepted"))
      .when(hear("e3", "accepted"))
      .then(heard("e3", "accepted"), concluded("agreed", "e2", "e3"));
  });
  test("it fails as soon as there cannot be enough", () => {
    const p = plan({ width: 3, quorum: { kind: "first", count: 3 } });
    at(p).when(hear("e1", "declined")).then(heard("e1", "declined"), concluded("failed"));
  });
  test("all means all", () => {
    const p = plan({ width: 3, quorum: { kind: "all" } });
    at(p, heard("e1", "accepted"), heard("e2", "accepted", "no"))
      .when(hear("e3", "accepted"))
      .then(heard("e3", "accepted"), concluded("agreed", "e1", "e2", "e3"));
    at(p, heard("e1", "accepted")).when(hear("e2", "expired")).then(heard("e2", "expired"), concluded("failed"));
  });
  test("a majority says the same thing", () => {
    const p = plan({ width: 3, quorum: { kind: "majority" } });
    at(p, heard("e1", "accepted", "yes"))
      .when(hear("e2", "accepted", "yes"))
      .then(heard("e2", "accepted", "yes"), concluded("agreed", "e1", "e2"));
    at(p, heard("e1", "accepted", "yes"))
      .when(hear("e2", "accepted", "no"))
      .then(heard("e2", "accepted", "no"));
    at(p, heard("e1", "accepted", "yes"), heard("e2", "accepted", "no"))
      .when(hear("e3", "accepted", "maybe"))
      .then(heard("e3", "accepted", "maybe"), concluded("failed"));
  });
});

test("an id that was given out twice is an impossibility", () => {
  const p = plan();
  expect(() => given(asked(p)).when({ type: "ask", plan: p, ids })).toThrow(/given out twice/);
});
