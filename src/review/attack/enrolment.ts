import { enrolmentCore, enrolmentType } from "../../domain/proof.ts";
import { base64url } from "../../signing/digest.ts";
import { signPae } from "../../signing/enrolment.ts";
import { publicJwk, tokenHash } from "../../signing/keys.ts";
import type { Attack } from "./attack.ts";
import type { Invitation } from "./cast.ts";
import type { Trial } from "./trial.ts";

const unauthenticated = { codes: ["unauthenticated"] } as const;

const enrolCall = async (trial: Trial, invitation: Invitation, key = trial.casting.newKey()) => ({
  path: "/v1/enrolments",
  token: invitation.token,
  body: await trial.casting.enrolmentOf(invitation, key),
});

/** How one becomes somebody: one-time tokens, and proof that the key is held. */
export const enrolment: readonly Attack[] = [
  {
    id: "enrolment.guessed",
    title: "A guessed invitation",
    does: "Enrols a key with a token of the right form and 256 other bits.",
    tries: "an invitation is known by its hash",
    run: async (trial) => {
      const invitation = await trial.casting.invite("guessed");
      const guess = { ...invitation, token: `lhe_${base64url(trial.bytes(32))}` };
      await trial.attempt("with a guess", null, await enrolCall(trial, guess), unauthenticated);
      await trial.control("with the token", null, await enrolCall(trial, invitation), 201);
    },
  },
  {
    id: "enrolment.reused",
    title: "A used invitation",
    does: "Enrols a second key with a token that has enrolled one.",
    tries: "an invitation enrols once",
    run: async (trial) => {
      const invitation = await trial.casting.invite("reused");
      await trial.control("the first time", null, await enrolCall(trial, invitation), 201);
      await trial.attempt("the second time", null, await enrolCall(trial, invitation), unauthenticated);
    },
  },
  {
    id: "enrolment.expired",
    title: "An expired invitation",
    does: "Enrols a key after the invitation's time.",
    tries: "an invitation is good for a quarter of an hour",
    run: async (trial) => {
      const late = await trial.casting.invite("late");
      const wait = late.notAfter - trial.now() + 100;
      if (wait > EXPIRY_WAIT_MS_MAX) {
        trial.skip(`an invitation of this bridge lives ${Math.round(wait / 60_000)} minutes, which is not waited for`);
      }
      const intime = await trial.casting.invite("intime");
      await trial.control("in time", null, await enrolCall(trial, intime), 201);
      await trial.sleep(Math.max(0, wait));
      await trial.attempt("too late", null, await enrolCall(trial, late), unauthenticated);
    },
  },
  {
    id: "enrolment.other-name",
    title: "An invitation for another name",
    does: "Enrols under a name of its own choice with the token of another.",
    tries: "an invitation is for one name",
    run: async (trial) => {
      const [mine, other] = [await trial.casting.invite("mine"), await trial.casting.invite("theirs")];
      const swapped = { ...mine, name: other.name };
      await trial.attempt("under another name", null, await enrolCall(trial, swapped), unauthenticated);
      await trial.control("under its own", null, await enrolCall(trial, mine), 201);
    },
  },
  {
    id: "enrolment.key-not-held",
    title: "A key that is another's",
    does: "Enrols somebody else's public key, signed with another one.",
    tries: "proof that the key is held",
    run: async (trial) => {
      const invitation = await trial.casting.invite("unheld");
      const [mine, theirs] = [trial.casting.newKey(), trial.casting.newKey()];
      const good = await trial.casting.enrolmentOf(invitation, theirs);
      const core = enrolmentCore({
        audience: invitation.audience,
        agent: invitation.name,
        jwk: publicJwk(theirs),
        tokenHash: tokenHash(invitation.token),
        challenge: good.challenge,
        iat: good.iat,
      });
      const body = { ...good, signature: signPae(enrolmentType, core, mine) };
      const call = { path: "/v1/enrolments", token: invitation.token };
      await trial.attempt("signed by another key", null, { ...call, body }, unauthenticated);
      await trial.control("signed by the key itself", null, { ...call, body: good }, 201);
    },
  },
];

/** Longest time that is waited for an invitation to expire, in milliseconds. */
const EXPIRY_WAIT_MS_MAX = 5_000;
