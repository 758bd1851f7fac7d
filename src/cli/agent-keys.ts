import type { Command } from "commander";
import { hasOwnKey } from "../client/credential.ts";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, keptCredentialOf, withClient } from "./connection.ts";
import { credentialPath, keeperOf } from "./credential-file.ts";

type Options = ConnectionOptions & { readonly json?: boolean };

/** `lighthouse agent rotate`: the keys of whoever acts, now instead of when they are due. */
export const rotateCommand = (): Command =>
  connecting(
    command(
      "rotate",
      "Change your own keys now: a new Ed25519 key, for which the old one signs, and the MAC key of the newest epoch. The " +
        "file follows. Clients do this by themselves after 30 days; an agent without a key of its own gets a MAC key only.",
      {
        examples: `
        lighthouse agent rotate --as bob
        lighthouse agent rotate --as ./secrets/bob.json --json`,
        endsWith: ["refused", "unreachable"],
      },
    ),
  ).action((options: Options) =>
    act(options, (doing) =>
      withClient(options, doing, async (client) => {
        const changed = await client.keys.rotate();
        const path = credentialPath(options.as, options.data);
        if (!hasOwnKey(changed)) {
          const { url } = keptCredentialOf(options).reread();
          keeperOf(path).keep({ ...changed, url });
        }
        const { agent, macKid } = changed;
        const kid = changed.kid ?? null;
        doing.terminal.result({ agent, kid, macKid, file: path }, () => [
          `${agent} signs with ${kid === null ? "" : `${kid} and `}${macKid} from now on; ${path} has it.`,
        ]);
        if (kid !== null) doing.terminal.note("What the old key signed goes on verifying; its logins have ended.");
        return "ok";
      }),
    ),
  );

/** `lighthouse agent revoke NAME`: the agent, or one of its keys. */
export const revokeCommand = (): Command =>
  connecting(
    command(
      "revoke",
      "Revoke an agent for good: its credential stops working and its connections end. With --key, one key of it only.",
      {
        examples: `
        lighthouse agent revoke alice --reason "left the team"
        lighthouse agent show alice                             # which keys it has
        lighthouse agent revoke alice --key vYz… --reason "laptop stolen" --compromised-since 4711`,
        endsWith: ["refused", "unreachable"],
      },
    ),
  )
    .argument("<name>", "the agent")
    .option("--reason <words>", "why; it is recorded", "")
    .option("--key <kid>", "only this key, as `agent show` names it; the agent goes on with its others")
    .option(
      "--compromised-since <position>",
      "with --key: what it signed from this position of the log on is suspect",
      Number,
    )
    .action((name: string, options: RevokeOptions) =>
      act(options, (doing) =>
        withClient(options, doing, async (client) => {
          const { reason, key: kid, compromisedSince } = options;
          if (kid === undefined) {
            await client.agents.revoke(name, reason);
            doing.terminal.result({ agent: name, status: "revoked" }, () => `Revoked ${name}.`);
            return "ok";
          }
          const key = await client.keys.revoke(name, kid, {
            reason,
            ...(compromisedSince === undefined ? {} : { compromisedSince }),
          });
          doing.terminal.result({ agent: name, key }, () => `Revoked the key ${kid} of ${name}.`);
          doing.terminal.note(`\`lighthouse agent invite ${name}\` lets it enrol another.`);
          return "ok";
        }),
      ),
    );

interface RevokeOptions extends Options {
  readonly reason: string;
  readonly key?: string;
  readonly compromisedSince?: number;
}
