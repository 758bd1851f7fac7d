import { signedLogin } from "../../client/proof.ts";
import { base64url } from "../../signing/digest.ts";
import type { Attack } from "./attack.ts";

const unauthenticated = { codes: ["unauthenticated"] } as const;
const HOUR_S = 3_600;

/** Signing in, and what a credential is worth afterwards. */
export const login: readonly Attack[] = [
  {
    id: "login.clock",
    title: "A proof of another hour",
    does: "Signs in with proofs of an hour ago and in an hour.",
    tries: "a proof is of now",
    run: async (trial) => {
      const agent = await trial.casting.enrol("clock");
      for (const off of [-HOUR_S, HOUR_S]) {
        const challenge = await trial.casting.challenge();
        const core = { agent: agent.name, challenge, iat: trial.iat() + off };
        const body = { login: signedLogin(agent.audience, agent.privateKey, core) };
        await trial.attempt(`${off} s off`, null, { path: "/v1/sessions", body }, { codes: ["invalid_input"] });
      }
      const body = { login: await trial.casting.loginOf(agent.audience, agent.name, agent.privateKey) };
      await trial.control("of now", null, { path: "/v1/sessions", body }, 201);
    },
  },
  {
    id: "login.replay",
    title: "A sign-in sent twice",
    does: "Sends the same signed sign-in a second time.",
    tries: "a challenge is used once",
    run: async (trial) => {
      const agent = await trial.casting.enrol("replay");
      const body = { login: await trial.casting.loginOf(agent.audience, agent.name, agent.privateKey) };
      await trial.control("the first time", null, { path: "/v1/sessions", body }, 201);
      await trial.attempt("the second time", null, { path: "/v1/sessions", body }, unauthenticated);
    },
  },
  {
    id: "login.invented-challenge",
    title: "A challenge of its own",
    does: "Signs in over a challenge that the bridge never gave out.",
    tries: "challenges are the bridge's own",
    run: async (trial) => {
      const agent = await trial.casting.enrol("inventor");
      const core = { agent: agent.name, challenge: `lhc_${base64url(trial.bytes(38))}`, iat: trial.iat() };
      const body = { login: signedLogin(agent.audience, agent.privateKey, core) };
      await trial.attempt("an invented one", null, { path: "/v1/sessions", body }, unauthenticated);
      const good = { login: await trial.casting.loginOf(agent.audience, agent.name, agent.privateKey) };
      await trial.control("one of the bridge's", null, { path: "/v1/sessions", body: good }, 201);
    },
  },
  {
    id: "login.other-key",
    title: "Signing in as another",
    does: "Signs in under another agent's name with its own key.",
    tries: "a key signs in for its own agent",
    run: async (trial) => {
      const [mine, theirs] = [await trial.casting.enrol("mine"), await trial.casting.enrol("theirs")];
      const body = { login: await trial.casting.loginOf(mine.audience, theirs.name, mine.privateKey) };
      await trial.attempt("as another", null, { path: "/v1/sessions", body }, unauthenticated);
      const good = { login: await trial.casting.loginOf(mine.audience, mine.name, mine.privateKey) };
      await trial.control("as itself", null, { path: "/v1/sessions", body: good }, 201);
    },
  },
  {
    id: "login.after-logout",
    title: "A session after its end",
    does: "Goes on using the token of a login that was closed.",
    tries: "a login ends when it is closed",
    run: async (trial) => {
      const agent = await trial.casting.enrol("leaving");
      await trial.control("before the end", agent, { path: "/v1/inbox?peek=true" });
      await trial.control("the end", agent, { path: "/v1/sessions/close", body: {} });
      await trial.attempt("after the end", agent, { path: "/v1/inbox?peek=true" }, unauthenticated);
    },
  },
];
