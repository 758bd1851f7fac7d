import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { act, command } from "../command.ts";
import { type ConnectionOptions, connecting, withClient } from "../connection.ts";
import { logIn } from "../log-file.ts";
import { REVIEW_FOLDER, readKey } from "./keys.ts";
import { policyFile } from "./policy-file.ts";
import { trustFrom } from "./trust.ts";

interface TrustOptions extends ConnectionOptions {
  readonly json?: boolean;
  readonly policy: readonly string[];
  readonly keys?: string;
  readonly prober: string;
  readonly issuer: string;
  readonly out?: string;
}

/** `lighthouse review trust`: what others need to check certificates. */
export const trustCommand = (): Command =>
  connecting(
    command(
      "trust",
      "Print what somebody else needs to check certificates of this bridge: public keys and policies, nothing secret.",
      {
        examples: "lighthouse review trust --policy ./review/policy.json --out trust.json",
        endsWith: ["refused", "unreachable"],
      },
    ),
  )
    .requiredOption("--policy <file...>", "policies by which one may be judged")
    .option("--keys <folder>", "the keys of prober and issuer (default: review/ in the data folder)")
    .option("--prober <name>", "name of who measures", "prober")
    .option("--issuer <name>", "name of who judges", "issuer")
    .option("--out <file>", "write it there")
    .action((options: TrustOptions) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const keys = options.keys ?? join(options.data, REVIEW_FOLDER);
          const trust = await trustFrom(client, {
            prober: readKey(keys, "prober", options.prober),
            issuer: readKey(keys, "issuer", options.issuer),
            policies: options.policy.map(policyFile),
            log: logIn(options.data),
          });
          const text = JSON.stringify(trust, null, 2);
          if (options.out !== undefined) writeFileSync(options.out, `${text}\n`);
          doing.terminal.result(trust, () => (options.out === undefined ? text : `wrote ${options.out}`));
          return "ok";
        }),
      ),
    );
