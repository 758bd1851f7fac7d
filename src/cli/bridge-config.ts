import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { defaultRoleRates, type RoleRate } from "../bridge/command/allowance.ts";
import { defaultPolicy } from "../bridge/command/policy.ts";
import { defaultLimits, type Limits } from "../domain/limit.ts";
import { FolderProblem } from "./data-folder.ts";

/** What an operator may change, in two files of the data folder that need not be there. */
export interface BridgeConfig {
  readonly limits: Limits;
  readonly roleRates: Readonly<Record<string, RoleRate>>;
  /** Cedar. */
  readonly policy: string;
}

const Whole = Type.Integer({ minimum: 0 });

/** `limits.json`: any of the limits by name, and what roles may do in a minute. */
const LimitsFile = Type.Object(
  {
    limits: Type.Optional(
      Type.Object(Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, Type.Optional(Whole)])), {
        additionalProperties: false,
      }),
    ),
    roles: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object({ asksPerMinute: Whole, answersPerMinute: Whole, burst: Whole }, { additionalProperties: false }),
      ),
    ),
  },
  { additionalProperties: false },
);
const validator = Compile(LimitsFile);

export const readBridgeConfig = (folder: string): BridgeConfig => {
  const policyFile = join(folder, "policy.cedar");
  const limitsFile = join(folder, "limits.json");
  const policy = existsSync(policyFile) ? readFileSync(policyFile, "utf8") : defaultPolicy;
  if (!existsSync(limitsFile)) return { limits: defaultLimits, roleRates: defaultRoleRates, policy };
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(limitsFile, "utf8"));
  } catch {
    throw new FolderProblem(`${limitsFile} is not JSON`);
  }
  if (!validator.Check(raw)) {
    const problems = validator
      .Errors(raw)
      .map((e) => `  ${e.instancePath || "/"}: ${e.message} ${JSON.stringify(e.params)}`);
    throw new FolderProblem(`${limitsFile} has ${problems.length} problem(s):\n${problems.join("\n")}`);
  }
  return {
    limits: { ...defaultLimits, ...raw.limits },
    roleRates: { ...defaultRoleRates, ...raw.roles },
    policy,
  };
};
