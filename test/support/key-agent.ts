import type { KeyObject } from "node:crypto";
import { enrolmentRequest, signedLogin, signedRotation } from "../../src/client/proof.ts";
import { ed25519FromSeed, type HmacKey, publicJwk, thumbprint } from "../../src/signing/keys.ts";
import type { TestBridge } from "./test-bridge.ts";

/** An agent with a key of its own, as a test holds it. */
export interface KeyAgent {
  readonly name: string;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly mac: HmacKey;
}

const operator = { actor: "operator", trace: null };

/** A private key that is the same for the same number. */
export const testKey = (n: number): KeyObject => ed25519FromSeed(new Uint8Array(32).fill(n));
export const kidOf = (key: KeyObject): string => thumbprint(publicJwk(key));

export const seconds = (t: TestBridge): number => Math.floor(t.bridge.now() / 1_000);

/** A fresh challenge, as a proof of now needs it. */
export const stamp = (t: TestBridge, agent: string) => ({
  agent,
  challenge: t.bridge.challenges.make().challenge,
  iat: seconds(t),
});

/** Invites and enrols; throws when the bridge refuses. */
export const enrolled = async (
  t: TestBridge,
  name: string,
  privateKey: KeyObject,
  roles: readonly string[] = ["agent"],
  expertise: readonly string[] = [],
): Promise<KeyAgent> => {
  const invited = await t.bridge.enrolment.invite({ name, kind: "ai", roles, expertise }, operator);
  if (!invited.ok) throw new Error(`${name} cannot be invited: ${invited.refusal.code}`);
  const request = enrolmentRequest(t.bridge.audience, invited.token, privateKey, stamp(t, name));
  const outcome = await t.bridge.enrolment.enrol(invited.token, request, null);
  if (!outcome.ok) throw new Error(`${name} cannot enrol: ${outcome.refusal.code}: ${outcome.refusal.detail}`);
  const { kid, macKid, macSecret } = outcome.enrolled;
  return { name, kid, privateKey, mac: { alg: "HS256", kid: macKid, secret: macSecret } };
};

/** Signs in; throws when the bridge refuses. */
export const signIn = async (t: TestBridge, { name, privateKey }: Pick<KeyAgent, "name" | "privateKey">) => {
  const outcome = await t.bridge.signIn.open(signedLogin(t.bridge.audience, privateKey, stamp(t, name)), null);
  if (!outcome.ok) throw new Error(`${name} cannot sign in: ${outcome.refusal.code}: ${outcome.refusal.detail}`);
  const { token } = outcome.login;
  return { ...outcome.login, headers: { authorization: `Bearer ${token}` } };
};

/** Puts `next` in the place of the agent's key, both signing. */
export const rotated = (t: TestBridge, who: KeyAgent, next: KeyObject) => {
  const keys = [who.privateKey, next].map(
    (privateKey) => ({ alg: "Ed25519", kid: kidOf(privateKey), privateKey }) as const,
  );
  const rotation = signedRotation(t.bridge.audience, keys, next, stamp(t, who.name));
  return t.bridge.rotate(rotation, { actor: who.name, trace: null });
};
