import { describe, expect, test } from "vitest";
import { authorizer, PolicyProblem, type Subject } from "./authorize.ts";
import { type Action, actions, defaultPolicy } from "./policy.ts";

const agent = (name: string, roles: readonly string[], kind = "ai"): Subject => ({ name, kind, roles, expertise: [] });
const target = agent("bob", ["agent"]);
const withTarget: ReadonlySet<Action> = new Set(["ask", "signOff"]);

describe("the default policy", () => {
  const { rule } = authorizer(defaultPolicy);
  const allowed = (roles: readonly string[], kind?: string): readonly Action[] =>
    actions.filter(
      (action) => rule(agent("alice", roles, kind), action, withTarget.has(action) ? target : undefined).allowed,
    );

  test.each([
    ["nobody in particular", [], "ai", ["read", "list", "queryEvents", "rotateKey"]],
    ["a guest", ["guest"], "ai", ["read", "list", "queryEvents", "rotateKey"]],
    [
      "an agent",
      ["agent"],
      "ai",
      ["ask", "inquire", "answer", "cancel", "read", "list", "appendEvent", "queryEvents", "rotateKey", "remedy"],
    ],
    [
      "an expert",
      ["expert"],
      "ai",
      [
        "ask",
        "signOff",
        "inquire",
        "answer",
        "cancel",
        "read",
        "list",
        "appendEvent",
        "queryEvents",
        "rotateKey",
        "remedy",
      ],
    ],
    [
      "a system",
      ["system"],
      "service",
      [
        "ask",
        "inquire",
        "answer",
        "cancel",
        "read",
        "list",
        "appendEvent",
        "queryEvents",
        "operate",
        "audit",
        "rotateKey",
        "rollout.advance",
        "rollout.abort",
        "review",
        "remedy",
      ],
    ],
    ["an auditor", ["auditor"], "human", ["read", "list", "queryEvents", "audit", "rotateKey"]],
    [
      "an admin that is no person",
      ["admin"],
      "ai",
      [
        "ask",
        "inquire",
        "answer",
        "cancel",
        "read",
        "list",
        "appendEvent",
        "queryEvents",
        "register",
        "revoke",
        "operate",
        "audit",
        "rotateKey",
        "rotateMaster",
        "rollout.advance",
        "rollout.abort",
        "review",
        "remedy",
        "waive",
      ],
    ],
    [
      "a person who is admin",
      ["admin"],
      "human",
      [
        "ask",
        "inquire",
        "answer",
        "cancel",
        "read",
        "list",
        "appendEvent",
        "queryEvents",
        "register",
        "revoke",
        "operate",
        "resetBudget",
        "audit",
        "rotateKey",
        "rotateMaster",
        "recover",
        "rollout.advance",
        "rollout.abort",
        "review",
        "remedy",
        "waive",
      ],
    ],
    ["a role that nobody knows", ["emperor"], "ai", ["read", "list", "queryEvents", "rotateKey"]],
  ] as const)("%s", (_, roles, kind, expected) => {
    expect(allowed(roles, kind)).toEqual(expected);
  });

  test("a ruling names the policies that made it", () => {
    expect(rule(agent("alice", ["agent"]), "ask", target)).toEqual({ allowed: true, policies: ["workers-ask"] });
    expect(rule(agent("alice", ["guest"]), "ask", target)).toEqual({ allowed: false, policies: [] });
  });
});

describe("another policy", () => {
  test("a forbid wins, and may name agents", () => {
    const { rule } = authorizer(`${defaultPolicy}
      forbid (principal == Agent::"mallory", action, resource);`);
    expect(rule(agent("alice", ["agent"]), "ask", target).allowed).toBe(true);
    expect(rule(agent("mallory", ["agent"]), "ask", target).allowed).toBe(false);
  });

  test.each([
    ["does not parse", "permit (principal, action"],
    [
      "speaks of what is not there",
      `permit (principal, action == Action::"ask", resource) when { principal.suspended };`,
    ],
    ["knows an action that is none", `permit (principal, action == Action::"fly", resource);`],
    [
      "could be skipped for want of an attribute",
      `forbid (principal, action, resource) when { resource.roles.contains("x") };`,
    ],
  ])("one that %s is not loaded", (_, policy) => {
    expect(() => authorizer(policy)).toThrow(PolicyProblem);
  });

  test("one that says nothing denies everything", () => {
    const { rule } = authorizer("");
    for (const action of actions) {
      expect(
        rule(agent("alice", ["admin"], "human"), action, withTarget.has(action) ? target : undefined).allowed,
      ).toBe(false);
    }
  });

  test("a request that does not fit the schema is a denial with a reason", () => {
    const { rule } = authorizer(defaultPolicy);
    expect(rule(agent("alice", ["admin"]), "ask", undefined)).toMatchObject({
      allowed: false,
      fault: expect.any(String),
    });
  });
});
