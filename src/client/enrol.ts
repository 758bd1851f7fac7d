import { enrolmentCore, enrolmentType } from "../domain/proof.ts";
import type { Clock } from "../domain/world.ts";
import { canonical } from "../signing/canonical.ts";
import type { KeyCredential, OwnKey } from "./credential.ts";
import { httpUrl, type Post } from "./post.ts";
import { LighthouseFault } from "./refusal.ts";
import { publicOf, type Suite, thumbprintText } from "./suite.ts";

export interface EnrolOptions {
  /** Where the bridge is. */
  readonly url: string;
  /** The name that was invited. */
  readonly agent: string;
  /** The one-time token of the invitation: `lhe_…`. */
  readonly invitation: string;
  /** The bridge that is expected there; absent: whichever it says it is. */
  readonly audience?: string;
}

export interface EnrolPorts {
  readonly clock: Clock;
  readonly suite: Suite;
  readonly post: Post;
}

/**
 * Makes a key, shows the bridge that it is held, and uses up the invitation. The private key leaves this process only in
 * the credential that comes back: keep it. Throws `LighthouseRefusal` (`unauthenticated`: the token is used, too old or
 * another's) or `LighthouseFault`.
 */
export const enrolWith = async (options: EnrolOptions, { clock, suite, post }: EnrolPorts): Promise<KeyCredential> => {
  const { agent, invitation } = options;
  const url = httpUrl(options.url);
  const { challenge, audience } = (await post(`${url}/v1/challenges`, {})) as Challenged;
  if (options.audience !== undefined && options.audience !== audience) {
    throw new LighthouseFault("protocol", `${url} is ${audience}, not ${options.audience}`);
  }
  const { kid, privateKey } = await newKey(suite);
  const jwk = publicOf(privateKey);
  const iat = Math.floor(clock.now() / 1_000);
  const tokenHash = await suite.digest(invitation);
  const core = canonical(enrolmentCore({ audience, agent, jwk, tokenHash, challenge, iat }));
  const signature = await suite.signText(paeText(enrolmentType, core), privateKey);
  const body = { name: agent, jwk, challenge, iat, signature };
  const { macKid, macSecret } = (await post(`${url}/v1/enrolments`, body, invitation)) as Enrolled;
  return { url, agent, audience, macKid, macSecret, kid, privateKey };
};

interface Challenged {
  readonly challenge: string;
  readonly audience: string;
}

interface Enrolled {
  readonly macKid: string;
  readonly macSecret: string;
}

export const newKey = async (suite: Suite): Promise<OwnKey> => {
  const { kty, crv, x, d } = await suite.generate();
  const privateKey = { kty, crv, x, d };
  return { kid: await suite.digest(thumbprintText(privateKey)), privateKey };
};

/** DSSE's pre-authentication encoding of a text. Lengths are in bytes. */
const paeText = (type: string, body: string): string => {
  const bytes = (text: string): number => new TextEncoder().encode(text).byteLength;
  return `DSSEv1 ${bytes(type)} ${type} ${bytes(body)} ${body}`;
};
