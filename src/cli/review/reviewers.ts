import type { Lighthouse } from "../../client/index.ts";
import type { Reviewer } from "../../review/certificate/sign-offs.ts";
import { type PublicJwk, publicKeyFromJwk } from "../../signing/keys.ts";

/** A key as `agents.show` tells it; what is not named here is not needed here. */
interface Shown {
  readonly kid: string;
  readonly alg: "Ed25519" | "HS256";
  readonly jwk?: PublicJwk;
  readonly state: "pending" | "active" | "retiring" | "retired" | "revoked";
}

/** The Ed25519 keys with which an agent can sign now. */
export const reviewerKeys = async (
  client: Pick<Lighthouse, "operate">,
  agent: string,
  roles: readonly string[],
): Promise<readonly (Reviewer & { readonly jwk: PublicJwk })[]> => {
  const { keys } = await client.operate<{ readonly keys: readonly Shown[] }>("agents.show", { name: agent });
  return keys.flatMap(({ kid, jwk, state }) => {
    const publicKey = publicKeyFromJwk(jwk);
    if (jwk === undefined || publicKey === undefined || (state !== "active" && state !== "retiring")) return [];
    const ever = { notBefore: 0, notAfter: Number.POSITIVE_INFINITY };
    return [{ agent, kid, publicKey, jwk, roles: [...roles].sort(), ...ever }];
  });
};
