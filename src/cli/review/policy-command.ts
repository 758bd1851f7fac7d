import type { Command } from "commander";
import { type ProbePorts, probesFrom } from "../../review/probe/list.ts";
import type { Profile } from "../../review/probe/probe.ts";
import { nobodySignsOff, proposedPolicy } from "../../review/probe/propose.ts";
import { act, command } from "../command.ts";
import { readMonitoring } from "../monitoring-file.ts";
import { logstashOf } from "./logstash-port.ts";
import { profileOption } from "./policy-file.ts";
import { wantedBy } from "./ports.ts";

interface PolicyOptions {
  readonly json?: boolean;
  readonly profile: Profile;
  readonly monitoring?: string;
  readonly signOff: boolean;
}

/** `lighthouse review policy`: what a review asks for, as a file to begin with. */
export const policyCommand = (): Command =>
  command(
    "policy",
    "Print a policy to begin with: every check that the probes propose, and four trades that sign off.",
    {
      examples: `
      lighthouse review policy > policy.json
      lighthouse review policy --monitoring monitoring.yaml --no-sign-off`,
    },
  )
    .addOption(profileOption())
    .option("--monitoring <file>", "ask for the products that this monitoring.yaml switches on")
    .option("--no-sign-off", "ask for nobody's sign-off")
    .action(({ profile, monitoring, signOff, ...options }: PolicyOptions) =>
      act(options, async ({ terminal, signal }) => {
        const spec = monitoring === undefined ? undefined : readMonitoring(monitoring, true);
        const ports: ProbePorts = {
          url: "",
          ...(spec === undefined ? {} : wantedBy(spec)),
          ...(spec?.logging.logstash.enabled === true ? { logstash: logstashOf(spec, signal) } : {}),
        };
        const policy = proposedPolicy(profile, probesFrom(ports), signOff ? undefined : nobodySignsOff);
        terminal.result(policy, () => JSON.stringify(policy, null, 2));
        return "ok";
      }),
    );
