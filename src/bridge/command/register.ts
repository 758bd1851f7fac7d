import {
  type Agent,
  type AgentCommand,
  type AgentEvent,
  type AgentFact,
  type AgentKind,
  agent,
} from "../../domain/agent.ts";
import { streamOf } from "../../domain/event.ts";
import type { Limits } from "../../domain/limit.ts";
import type { Rng } from "../../domain/world.ts";
import { hmacKeyOf, newToken, TOKEN_BYTES, tokenHash } from "../../signing/keys.ts";
import type { Log } from "../log/log.ts";
import { type Handled, handler, type Load } from "./handle.ts";
import type { Keyring } from "./keyring.ts";
import type { Masters } from "./master.ts";
import { type Caller, draft } from "./world.ts";

export interface RegisterPorts {
  readonly log: Log;
  readonly rng: Rng;
  readonly now: () => number;
  readonly limits: Limits;
  readonly load: Load<Agent>;
  /** The master secret of the current epoch, and its number. */
  readonly masters: Pick<Masters, "current">;
  /** Keeps keys (by kid, or all of an agent by name) from signing from now on, while `work` takes that on record. */
  readonly barring: Keyring["barring"];
}

/** Handed out once. The bridge keeps the token's hash, and the master that the MAC key can be derived from again. */
export interface Credential {
  readonly agent: string;
  readonly token: string;
  readonly macKid: string;
  readonly macSecret: Uint8Array;
}

export interface NewAgent {
  readonly name: string;
  readonly kind: AgentKind;
  readonly roles: readonly string[];
  readonly expertise: readonly string[];
}

export const registerCommands = (ports: RegisterPorts) => {
  const handle = handler<Agent, AgentCommand, AgentFact["type"], AgentEvent>(ports.log, agent, ports.load);

  const run = (name: string, command: AgentCommand, caller: Caller): Promise<Handled<Agent>> => {
    const stream = streamOf.agent(name);
    const time = ports.now();
    return handle(stream, command, (fact) => draft(fact, { stream, time, caller, parties: [], correlation: stream }));
  };

  const register = async (
    wanted: NewAgent,
    caller: Caller,
  ): Promise<
    { readonly ok: true; readonly credential: Credential } | Extract<Handled<Agent>, { readonly ok: false }>
  > => {
    const { epoch, secret } = ports.masters.current();
    const token = newToken("lht_", ports.rng.bytes(TOKEN_BYTES));
    const key = hmacKeyOf(secret, wanted.name, epoch);
    const { name, ...rest } = wanted;
    const profile = { agent: name, ...rest, tokenHash: tokenHash(token), epoch };
    const outcome = await run(name, { type: "register", profile }, caller);
    if (!outcome.ok) return outcome;
    return { ok: true, credential: { agent: name, token, macKid: key.kid, macSecret: key.secret } };
  };

  return {
    register,
    /** Any command on an agent's stream, for those that have checked what has to be checked first. */
    run,
    revoke: (name: string, reason: string, caller: Caller) =>
      ports.barring(name, () => run(name, { type: "revoke", reason }, caller)),
    suspend: (name: string, reason: string, caller: Caller) =>
      ports.barring(name, () => run(name, { type: "suspend", reason }, caller)),
    resume: (name: string, reason: string, caller: Caller) => run(name, { type: "resume", reason }, caller),
    revokeKey: (name: string, kid: string, reason: string, compromisedSince: number | null, caller: Caller) =>
      ports.barring(kid, () => run(name, { type: "revokeKey", kid, reason, compromisedSince }, caller)),
    /** Records that the agent showed itself, if the last time is long enough ago. */
    see: (name: string, via: string) =>
      run(
        name,
        { type: "see", via, now: ports.now(), everyMs: ports.limits.seenEveryMs },
        { actor: name, trace: null },
      ),
  };
};

export type RegisterCommands = ReturnType<typeof registerCommands>;
