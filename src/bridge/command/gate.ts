import type { Agent } from "../../domain/agent.ts";
import { streamOf } from "../../domain/event.ts";
import { type Refusal, refusal } from "../../domain/refusal.ts";
import { type Log, LogUnavailable } from "../log/log.ts";
import type { Allowance, Allowances, Charge } from "./allowance.ts";
import type { Authorizer, Ruling, Subject } from "./authorize.ts";
import { type Action, privileged } from "./policy.ts";
import type { RecordViolation } from "./violation.ts";
import { type Caller, draft } from "./world.ts";

export interface GatePorts {
  readonly log: Log;
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly agent: (name: string) => Agent;
  readonly allowances: Allowances;
  readonly authorizer: Authorizer;
  readonly violation: RecordViolation;
  /** Why new work of this kind is not taken now; undefined when it is. */
  readonly refuses: (action: Action) => Refusal | undefined;
}

export interface Passage {
  readonly action: Action;
  /** The agent that is asked, for actions that have one. */
  readonly target?: string;
  readonly charge?: Charge;
}

export type Admitted =
  | { readonly ok: true; readonly allowance?: Allowance }
  | { readonly ok: false; readonly refusal: Refusal };

/** Denials of one agent that are written down in a minute: enough to see what it tries, too few to fill a disk. */
const DENIALS_RECORDED_PER_MINUTE_MAX = 60;
const MINUTE_MS = 60_000;

/**
 * Between who somebody is and what they may do: the rate first, because it is cheapest and bounds the rest, then the
 * policy. Synchronous where nothing has to be written down, which is nearly always.
 */
export const gate = (ports: GatePorts) => {
  const { allowances, authorizer, agent } = ports;
  const subjects = new WeakMap<object, Subject>();
  const denials = new Map<string, { readonly since: number; readonly count: number }>();

  const subjectOf = (name: string): Subject | undefined => {
    const known = agent(name);
    if (known.status !== "active") return undefined;
    let subject = subjects.get(known.profile);
    if (subject === undefined) {
      const { kind, roles, expertise } = known.profile;
      subject = { name, kind, roles, expertise };
      subjects.set(known.profile, subject);
    }
    return subject;
  };

  const admit = (caller: Caller, { action, target, charge }: Passage): Admitted | Promise<Admitted> => {
    const closed = ports.refuses(action);
    if (closed !== undefined) return { ok: false, refusal: closed };
    const charged = charge === undefined ? undefined : allowances.charge(caller.actor, charge);
    if (charged?.ok === false) {
      const refused = { ok: false, refusal: charged.refusal } as const;
      return charged.isFirst ? ports.violation(caller, charged.refusal, charge ?? "").then(() => refused) : refused;
    }
    const passed: Admitted = charged === undefined ? { ok: true } : { ok: true, allowance: charged.allowance };
    const who = subjectOf(caller.actor);
    if (who === undefined) return { ok: false, refusal: refusal("unauthenticated", "the agent is not active") };
    const asked = target === undefined ? undefined : subjectOf(target);
    // Asking nobody is refused by the command, which says so better than a policy could.
    if (target !== undefined && asked === undefined) return passed;
    const ruling = authorizer.rule(who, action, asked);
    if (ruling.allowed) {
      return privileged.has(action) ? record(caller, action, target, ruling).then(() => passed) : passed;
    }
    const denied = {
      ok: false,
      refusal: refusal("forbidden", `the policy does not let ${caller.actor} ${action}`),
    } as const;
    return mayRecord(caller.actor) ? record(caller, action, target, ruling).then(() => denied) : denied;
  };

  const mayRecord = (name: string): boolean => {
    const now = ports.monotonic();
    const window = denials.get(name);
    if (window === undefined || now - window.since >= MINUTE_MS) {
      denials.set(name, { since: now, count: 1 });
      return true;
    }
    denials.set(name, { ...window, count: window.count + 1 });
    return window.count < DENIALS_RECORDED_PER_MINUTE_MAX;
  };

  const record = async (caller: Caller, action: Action, target: string | undefined, ruling: Ruling): Promise<void> => {
    const stream = streamOf.security(caller.actor);
    const data = {
      action,
      resource: target === undefined ? "bridge" : streamOf.agent(target),
      decision: ruling.allowed ? "allow" : "deny",
      policies: ruling.policies,
      policyDigest: authorizer.digest,
    } as const;
    const event = draft(
      { type: "authorization.decided", data },
      { stream, time: ports.now(), caller, parties: [caller.actor], correlation: stream },
    );
    try {
      await ports.log.append([{ stream, expect: "any", events: [event] }]);
    } catch (fault) {
      // The ruling stands; a privilege that needs the log will be refused by the command itself.
      if (!(fault instanceof LogUnavailable)) throw fault;
    }
  };

  return {
    admit,
    isAllowed: (name: string, action: Action, target?: string): boolean => {
      const who = subjectOf(name);
      return (
        who !== undefined && authorizer.rule(who, action, target === undefined ? undefined : subjectOf(target)).allowed
      );
    },
  };
};

export type Gate = ReturnType<typeof gate>;
