import { expect, test } from "vitest";
import { LogCorrupt, LogUnavailable } from "../bridge/log/log.ts";
import { type FaultKind, LighthouseFault, LighthouseRefusal } from "../client/refusal.ts";
import { type RefusalCode, refusal, refusalKinds } from "../domain/refusal.ts";
import { FromANewerBuild } from "../domain/upcast.ts";
import { FolderProblem } from "./data-folder.ts";
import { type Exit, exitHelp, exitOfRefusal, exits } from "./exit.ts";
import { explain, Failure } from "./failure.ts";

test("the exit codes are these, and no two are the same", () => {
  expect(Object.fromEntries(Object.entries(exits).map(([exit, { code }]) => [exit, code]))).toEqual({
    ok: 0,
    fault: 1,
    usage: 2,
    refused: 3,
    declined: 4,
    expired: 5,
    unreachable: 6,
    unverified: 7,
    cancelled: 8,
    insecure: 9,
    withdrawn: 10,
    failing: 11,
    differs: 12,
    conditional: 13,
    noGo: 14,
    stale: 15,
    interrupted: 130,
  });
});

test("help names each exit that a command can have, with its code", () => {
  expect(exitHelp("declined").split("\n").slice(2)).toEqual([
    "  0    it worked",
    "  1    something broke that should not have; the message says what is known",
    "  2    the command line, its input or its files have to be mended first",
    "  4    the question was declined",
    "  130  Ctrl-C",
  ]);
});

test("every refusal has an exit, and what can be mended in the input is a matter of usage", () => {
  const codes = Object.keys(refusalKinds) as RefusalCode[];
  const ofUsage = codes.filter((code) => exitOfRefusal(code) === "usage");
  expect(ofUsage.sort()).toEqual(["content_invalid", "invalid_input", "schema_invalid", "self_ask", "too_large"]);
  expect(codes.filter((code) => exitOfRefusal(code) === "expired")).toEqual(["expired"]);
});

test.each<[unknown, Exit]>([
  [new LighthouseRefusal(refusal("agent_unknown", "")), "refused"],
  [new LighthouseFault("unreachable", ""), "unreachable"],
  [new LighthouseFault("interrupted", ""), "unreachable"],
  [new LighthouseFault("internal", ""), "fault"],
  [new LighthouseFault("protocol", ""), "fault"],
  [new Failure("unverified", ""), "unverified"],
  [new FolderProblem("chmod it"), "usage"],
  [new LogUnavailable("in use"), "usage"],
  [new FromANewerBuild("run a newer build"), "usage"],
  [new LogCorrupt(7, "a bit"), "unverified"],
  [Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT" }), "usage"],
  [new TypeError("undefined is not a function"), "fault"],
  ["a string", "fault"],
])("%s ends with %s", (error, exit) => {
  expect(explain(error).exit).toBe(exit);
});

test("every explanation of somebody's mistake says what to do, and none has a stack", () => {
  const kinds: readonly FaultKind[] = ["unreachable", "interrupted", "internal", "protocol"];
  const errors = [
    ...(Object.keys(refusalKinds) as RefusalCode[]).map((code) => new LighthouseRefusal(refusal(code, "this time"))),
    ...kinds.map((kind) => new LighthouseFault(kind, "this time")),
    new TypeError("undefined is not a function"),
  ];
  for (const error of errors) {
    const explanation = explain(error);
    expect(explanation.remedy).not.toBe("");
    expect(JSON.stringify(explanation)).not.toContain("    at ");
  }
});
