import { Option } from "commander";
import { type Policy, policyDefs, policyShape } from "../../review/policy.ts";
import { profiles } from "../../review/probe/probe.ts";
import { problemsOf } from "../../review/shape/problems.ts";
import { Failure } from "../failure.ts";
import { readJson } from "../read-json.ts";

/** The policy in a file, or every problem that it has. */
export const policyFile = (path: string): Policy => {
  const value = readJson(path, "--policy");
  const problems = problemsOf(policyShape, value, policyDefs);
  if (problems.length === 0) return value as unknown as Policy;
  throw new Failure("usage", `${path} is not a policy.`, {
    problems,
    remedy: "`lighthouse review policy` prints one to begin with.",
  });
};

export const profileOption = (): Option =>
  new Option("--profile <profile>", "how much the review may ask of the system")
    .choices(profiles)
    .default("production");
