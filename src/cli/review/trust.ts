import type { Lighthouse } from "../../client/index.ts";
import { digestOf } from "../../review/digest.ts";
import type { Policy } from "../../review/policy.ts";
import { reviewersFor } from "../../review/sign-off.ts";
import type { TrustFile } from "../../review/verify/trust.ts";
import { publicJwk } from "../../signing/keys.ts";
import type { LogFile } from "../log-file.ts";
import type { ReviewKey } from "./keys.ts";
import { reviewerKeys } from "./reviewers.ts";

export interface Believed {
  readonly prober: ReviewKey;
  readonly issuer: ReviewKey;
  readonly policies: readonly Policy[];
  readonly log: LogFile;
}

/**
 * A trust file as the operator of a bridge would hand it on: the two keys, the reviewers as they are enrolled now, the
 * log's key and the policies. Whoever verifies should get it by another way than the certificates, and read it.
 */
export const trustFrom = async (
  client: Pick<Lighthouse, "agents" | "operate">,
  { prober, issuer, policies, log }: Believed,
): Promise<TrustFile> => {
  const listed = await client.agents.list();
  const wanted = policies.flatMap(({ signOff }) => reviewersFor(signOff, listed));
  const keys: TrustFile["keys"][number][] = [
    { role: "prober", name: prober.name, jwk: prober.jwk },
    { role: "issuer", name: issuer.name, jwk: issuer.jwk },
  ];
  const known = new Set<string>();
  for (const { agent } of wanted) {
    if (known.has(agent)) continue;
    known.add(agent);
    const roles = [...new Set(wanted.filter((one) => one.agent === agent).flatMap((one) => one.roles))];
    for (const key of await reviewerKeys(client, agent, roles))
      keys.push({ role: "reviewer", name: agent, jwk: key.jwk, roles: [...key.roles] });
  }
  return {
    version: 1,
    keys,
    logs: log.keys.map(({ name, publicKey }) => ({ origin: name, jwk: publicJwk(publicKey) })),
    policies: policies.map(digestOf),
  };
};
