import { loginCore, loginTyp } from "../domain/proof.ts";
import type { Clock } from "../domain/world.ts";
import { type Credential, clientKeyOf, type KeyCredential, type OwnKey } from "./credential.ts";
import { httpUrl, type Post } from "./post.ts";
import { LighthouseFault, LighthouseRefusal } from "./refusal.ts";
import type { Suite } from "./suite.ts";

/** The reply to a signing in. Times in milliseconds since 1970. */
export interface Login {
  readonly token: string;
  readonly expiresAt: number;
  readonly idleMs: number;
  readonly kid: string;
  readonly keySince: number;
  /** The epoch that the agent's MAC key derives from, and the newest there is. */
  readonly macEpoch: number;
  readonly epoch: number;
}

export interface LoginPorts {
  readonly clock: Clock;
  readonly suite: Suite;
  readonly post: Post;
  readonly url: string;
}

/** A challenge of the bridge that the credential is for; of any other it is a fault. */
export const challengeFor = async ({ audience }: Credential, { post, url }: LoginPorts): Promise<string> => {
  const at = httpUrl(url);
  const given = (await post(`${at}/v1/challenges`, {})) as { readonly challenge: string; readonly audience: string };
  if (given.audience === audience) return given.challenge;
  throw new LighthouseFault("protocol", `${at} is ${given.audience}, the credential is for ${audience}`);
};

/**
 * Signs in with the credential's key, or with the one that was to follow it: a client that ended in the middle of a
 * rotation does not know which of them is in use now. `by` is the one that was.
 */
export const signIn = async (
  credential: KeyCredential,
  ports: LoginPorts,
): Promise<{ readonly login: Login; readonly by: OwnKey }> => {
  const { kid, privateKey, next } = credential;
  try {
    return await signInBy({ kid, privateKey }, credential, ports);
  } catch (error) {
    if (next === undefined || !isUnauthenticated(error)) throw error;
    return await signInBy(next, credential, ports);
  }
};

const signInBy = async (by: OwnKey, credential: KeyCredential, ports: LoginPorts) => {
  const { clock, suite, post, url } = ports;
  const challenge = await challengeFor(credential, ports);
  const core = { agent: credential.agent, challenge, iat: Math.floor(clock.now() / 1_000) };
  const login = await suite.sign(loginCore(credential.audience, core), [clientKeyOf(by)], loginTyp);
  return { login: (await post(`${httpUrl(url)}/v1/sessions`, { login })) as Login, by };
};

export const isUnauthenticated = (error: unknown): boolean =>
  error instanceof LighthouseRefusal && error.code === "unauthenticated";
