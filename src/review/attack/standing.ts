import { base64url } from "../../signing/digest.ts";
import { publicJwk, thumbprint } from "../../signing/keys.ts";
import type { Attack } from "./attack.ts";
import { answerCall } from "./trial.ts";

const inbox = { path: "/v1/inbox?peek=true" } as const;

/** Credentials and keys that are no longer good, or never were. */
export const standing: readonly Attack[] = [
  {
    id: "standing.guessed",
    title: "A guessed credential",
    does: "Sends a bearer token of the right form and 256 other bits, none, and an empty one.",
    tries: "a credential is known by its hash",
    run: async (trial) => {
      const agent = await trial.agent("target");
      const wanted = { codes: ["unauthenticated"] };
      const guess = `lht_${base64url(trial.bytes(32))}`;
      await trial.attempt("a guess", null, { ...inbox, token: guess }, { ...wanted, leaves: "unauthenticated" });
      await trial.attempt("none", null, inbox, wanted);
      await trial.attempt("an empty one", null, { ...inbox, headers: { authorization: "Bearer " } }, wanted);
      await trial.control("the right one", agent, inbox);
    },
  },
  {
    id: "standing.suspended",
    title: "A suspended agent",
    does: "Goes on working after it was suspended.",
    tries: "a suspension holds at once",
    run: async (trial) => {
      const agent = await trial.casting.register("suspended", ["expert"]);
      await trial.control("before", agent, inbox);
      await trial.casting.asAdmin("suspend", { path: `/v1/agents/${agent.name}/suspend`, body: { reason: "probe" } });
      await trial.attempt("while suspended", agent, inbox, { codes: ["agent_suspended"] });
      await trial.casting.asAdmin("resume", { path: `/v1/agents/${agent.name}/resume`, body: {} });
      await trial.control("after it was resumed", agent, inbox);
    },
  },
  {
    id: "standing.revoked",
    title: "A revoked agent",
    does: "Goes on working after it was revoked.",
    tries: "a revocation holds at once",
    run: async (trial) => {
      const agent = await trial.casting.register("revoked", ["expert"]);
      await trial.control("before", agent, inbox);
      await trial.casting.asAdmin("revoke", { path: `/v1/agents/${agent.name}/revoke`, body: { reason: "probe" } });
      await trial.attempt("after", agent, inbox, { codes: ["unauthenticated", "agent_revoked"] });
    },
  },
  {
    id: "standing.revoked-key",
    title: "A revoked key",
    does: "Answers, signed with a MAC key that was revoked.",
    tries: "a revoked key signs nothing",
    run: async (trial) => {
      const asker = await trial.agent("asker");
      const target = await trial.casting.register("keyless", ["expert"]);
      const [first, second] = [await trial.ask(asker, target), await trial.ask(asker, target)];
      await trial.control("before", target, answerCall(first.id, trial.sign(target, first)));
      const path = `/v1/agents/${target.name}/keys/revoke`;
      await trial.casting.asAdmin("revoke the key", { path, body: { kid: target.mac.kid, reason: "probe" } });
      const wanted = { codes: ["signature_invalid"], leaves: "signature_invalid" };
      await trial.attempt("after", target, answerCall(second.id, trial.sign(target, second)), wanted);
    },
  },
  {
    id: "standing.revoked-own-key",
    title: "A login by a revoked key",
    does: "Goes on using a login, and signs in anew, after the own key was revoked.",
    tries: "a login dies with its key",
    run: async (trial) => {
      const agent = await trial.casting.enrol("ownless");
      await trial.control("before", agent, inbox);
      const kid = thumbprint(publicJwk(agent.privateKey));
      const path = `/v1/agents/${agent.name}/keys/revoke`;
      await trial.casting.asAdmin("revoke the key", { path, body: { kid, reason: "probe" } });
      const wanted = { codes: ["unauthenticated"] };
      await trial.attempt("the login that was open", agent, inbox, wanted);
      const body = { login: await trial.casting.loginOf(agent.audience, agent.name, agent.privateKey) };
      await trial.attempt("a new one", null, { path: "/v1/sessions", body }, wanted);
    },
  },
];
