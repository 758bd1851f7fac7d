import type { Agent } from "../../domain/agent.ts";
import type { Jws } from "../../domain/elicitation.ts";
import { streamOf } from "../../domain/event.ts";
import type { KeyHistory } from "../../domain/key.ts";
import type { Limits } from "../../domain/limit.ts";
import { type Login, type LoginCommand, type LoginFact, login } from "../../domain/login.ts";
import { loginTyp, readLoginCore } from "../../domain/proof.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import type { Rng } from "../../domain/world.ts";
import { readHeader } from "../../signing/header.ts";
import { verifyJwsAsync } from "../../signing/jws.ts";
import { newToken, TOKEN_BYTES, tokenHash, type VerifyKey } from "../../signing/keys.ts";
import type { Log } from "../log/log.ts";
import type { Challenges } from "./challenge.ts";
import { type Handled, handler, type Load } from "./handle.ts";
import { type Caller, draft, idSource } from "./world.ts";

export interface LoginPorts {
  readonly log: Log;
  readonly rng: Rng;
  readonly now: () => number;
  readonly limits: Limits;
  readonly audience: string;
  readonly challenges: Challenges;
  readonly load: Load<Login>;
  readonly agent: (name: string) => Agent;
  readonly historyOf: (kid: string) => KeyHistory | undefined;
  /** The key that `kid` names, if it is this agent's and signs now. */
  readonly keyOf: (agent: string, kid: string) => VerifyKey | undefined;
  readonly openOf: (agent: string) => number;
}

export interface OpenedLogin {
  readonly id: string;
  readonly agent: string;
  readonly kid: string;
  readonly token: string;
  readonly notAfter: number;
  readonly idleMs: number;
  /** Since when the key is active, in milliseconds since 1970: its holder rotates it in time. */
  readonly keySince: number;
  /** The epoch that the agent's MAC key derives from. */
  readonly macEpoch: number;
}

type Refused = { readonly ok: false; readonly refusal: Refusal };

export const loginCommands = (ports: LoginPorts) => {
  const { rng, now, limits } = ports;
  const handle = handler<Login, LoginCommand, LoginFact["type"], LoginFact>(ports.log, login, ports.load);
  const newId = idSource(rng);

  const run = (id: string, agent: string, command: LoginCommand, caller: Caller): Promise<Handled<Login>> => {
    const stream = streamOf.login(id);
    const time = now();
    return handle(stream, command, (fact) =>
      draft(fact, { stream, time, caller, parties: [agent], correlation: stream }),
    );
  };

  /** One Ed25519 signature by the key itself: whoever cannot make it is told nothing, not even whether there is such a key. */
  const open = async (
    signed: Jws,
    trace: string | null,
  ): Promise<{ readonly ok: true; readonly login: OpenedLogin } | Refused> => {
    const kid = onlyKid(signed);
    const history = kid === undefined ? undefined : ports.historyOf(kid);
    const key = history?.material.alg === "Ed25519" ? activeKey(history) : undefined;
    const verified = await verifyJwsAsync(signed, () => key, loginTyp);
    if (!verified.ok || history === undefined) return no(refusal("unauthenticated", "that sign-in is not valid"));
    const read = readLoginCore(verified.payload, ports.audience);
    if (!read.ok)
      return no(refusal("invalid_input", "what was signed is no sign-in here", { problems: read.problems }));
    const { agent } = history;
    if (read.core.agent !== agent) return no(refusal("unauthenticated", "that key is not that agent's"));
    const refused =
      ports.challenges.untimely(read.core.iat) ?? ports.challenges.spend(read.core.challenge) ?? barred(agent);
    if (refused !== undefined) return no(refused);
    return opened(history, trace);
  };

  /** Retiring keys verify what is on its way; they open nothing. */
  const activeKey = (history: KeyHistory): VerifyKey | undefined =>
    history.retiring === null ? ports.keyOf(history.agent, history.kid) : undefined;

  const barred = (name: string): Refusal | undefined => {
    const known = ports.agent(name);
    if (known.status === "suspended") return refusal("agent_suspended", suspension(known.reason));
    if (known.status !== "active") return refusal("unauthenticated", "that sign-in is not valid");
    if (ports.openOf(name) < limits.loginsPerAgentMax) return undefined;
    const detail = `${name} is signed in ${limits.loginsPerAgentMax} times: close some, or let them go idle`;
    return refusal("too_busy", detail, { retryAfterMs: 60_000 });
  };

  const opened = async (history: KeyHistory, trace: string | null) => {
    const { agent, kid } = history;
    const time = now();
    const id = newId("lg_", time);
    const token = newToken("lhs_", rng.bytes(TOKEN_BYTES));
    const { loginIdleMs: idleMs } = limits;
    const notAfter = time + limits.loginMs;
    const outcome = await run(
      id,
      agent,
      { type: "open", opened: { agent, kid, tokenHash: tokenHash(token), notAfter, idleMs } },
      { actor: agent, trace },
    );
    if (!outcome.ok) return outcome;
    const known = ports.agent(agent);
    const macEpoch = known.status === "active" ? known.profile.epoch : 0;
    const keySince = history.active?.time ?? time;
    return { ok: true, login: { id, agent, kid, token, notAfter, idleMs, keySince, macEpoch } } as const;
  };

  return {
    open,
    close: (id: string, agent: string, reason: string, caller: Caller) =>
      run(id, agent, { type: "close", reason }, caller),
  };
};

export type LoginCommands = ReturnType<typeof loginCommands>;

export const suspension = (reason: string): string =>
  reason === "" ? "you are suspended" : `you are suspended: ${reason}`;

const onlyKid = ({ signatures }: Jws): string | undefined => {
  const [only] = signatures;
  return only === undefined || signatures.length > 1 ? undefined : readHeader(only.protected)?.kid;
};

const no = (refused: Refusal): Refused => ({ ok: false, refusal: refused });
