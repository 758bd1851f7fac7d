import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { defaultRoleRates, type RoleRate } from "../bridge/command/allowance.ts";
import { defaultPolicy } from "../bridge/command/policy.ts";
import { defaultLimits, type Limits, publishedLimits } from "../domain/limit.ts";
import { FolderProblem } from "./data-folder.ts";
import { counted } from "./printable.ts";

/** What an operator may change, in two files of the data folder that need not be there. */
export interface BridgeConfig {
  readonly limits: Limits;
  readonly roleRates: Readonly<Record<string, RoleRate>>;
  /** Cedar. */
  readonly policy: string;
}

const Whole = Type.Integer({ minimum: 0 });

const limitType = (name: keyof Limits) => {
  const value = defaultLimits[name];
  const whole = Number.isInteger(value) ? Type.Integer : Type.Number;
  const published = publishedLimits[name];
  if (published === undefined) return whole({ minimum: 0 });
  switch (published) {
    case "fixed":
      return Type.Literal(value);
    case "at most":
      return whole({ minimum: 1, maximum: value });
    case "at least":
      return whole({ minimum: value });
  }
};

const limitNames = Object.keys(defaultLimits) as (keyof Limits)[];

/** `limits.json`: any of the limits by name, and what roles may do in a minute. */
const LimitsFile = Type.Object(
  {
    limits: Type.Optional(
      Type.Object(Object.fromEntries(limitNames.map((name) => [name, Type.Optional(limitType(name))])), {
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
    // What an unknown name is said to violate besides, `false`, is nothing to a person.
    const problems = validator
      .Errors(raw)
      .filter(({ keyword }) => keyword !== "boolean")
      .map((e) => `  ${e.instancePath || "/"}: ${words(e)}`);
    throw new FolderProblem(`${limitsFile} has ${counted(problems.length, "problem")}:\n${problems.join("\n")}`);
  }
  return {
    limits: { ...defaultLimits, ...raw.limits },
    roleRates: { ...defaultRoleRates, ...raw.roles },
    policy,
  };
};

/** What is wrong, and why a limit that is published cannot be moved beyond what is published. */
const words = ({
  instancePath,
  message,
  params,
}: {
  instancePath: string;
  message: string;
  params: object;
}): string => {
  const name = instancePath.slice("/limits/".length) as keyof Limits;
  const published = publishedLimits[name];
  const { additionalProperties: unknown } = params as { readonly additionalProperties?: readonly string[] };
  if (unknown !== undefined) return `knows no ${unknown.join(", ")}`;
  if (published === undefined) return message;
  const place = published === "fixed" ? "is" : `must be ${published}`;
  return `${name} ${place} ${defaultLimits[name]}: it stands in the published description of the doors, the same for every bridge`;
};
