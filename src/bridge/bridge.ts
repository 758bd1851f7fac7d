import { type Agent, bridgeActor } from "../domain/agent.ts";
import { type Arm, PUSH_FLAG } from "../domain/arm.ts";
import { armNow, type Jws } from "../domain/elicitation.ts";
import { type Fact, streamOf } from "../domain/event.ts";
import { evaluate, type Flag } from "../domain/flag.ts";
import type { Limits } from "../domain/limit.ts";
import type { Vitals } from "../domain/mode.ts";
import { type Observer, unobserved } from "../domain/observer.ts";
import { type Refusal, refusal } from "../domain/refusal.ts";
import type { Clock, Rng, Scheduler } from "../domain/world.ts";
import { tokenHash } from "../signing/keys.ts";
import { webhookHeaders, webhookSecret } from "../signing/webhook.ts";
import { allowances, defaultRoleRates, type RoleRate } from "./command/allowance.ts";
import { authorizer } from "./command/authorize.ts";
import { challenges } from "./command/challenge.ts";
import { customCommand } from "./command/custom.ts";
import { deadLetterCommands } from "./command/dead-letters.ts";
import { degradeCommands } from "./command/degrade.ts";
import { elicitCommands } from "./command/elicit.ts";
import { enrolCommands } from "./command/enrol.ts";
import { flagCommands } from "./command/flags.ts";
import { oneTimeForms } from "./command/forms.ts";
import { gate } from "./command/gate.ts";
import type { Handled } from "./command/handle.ts";
import { inquireCommands } from "./command/inquire.ts";
import { keyring } from "./command/keyring.ts";
import { loginCommands } from "./command/login.ts";
import { type MasterSecret, masterCommands, masterSecrets } from "./command/master.ts";
import { mendCommands } from "./command/mend.ts";
import { pingCommand } from "./command/ping.ts";
import { defaultPolicy } from "./command/policy.ts";
import { registerCommands } from "./command/register.ts";
import { resetBudgetCommand } from "./command/reset-budget.ts";
import { rolloutCommands } from "./command/rollout.ts";
import { rotateCommand } from "./command/rotate.ts";
import { exchangeCommand, type LogProofs } from "./command/verify-exchange.ts";
import { violationRecorder } from "./command/violation.ts";
import { webhookCommands } from "./command/webhook.ts";
import { type Caller, draft, logTime } from "./command/world.ts";
import { conduct } from "./delivery/conduct.ts";
import { delivery } from "./delivery/deliver.ts";
import { healthChecks } from "./delivery/health-checks.ts";
import { pinger } from "./delivery/ping.ts";
import { rank } from "./delivery/rank.ts";
import { signedIn } from "./delivery/signed-in.ts";
import { vigil } from "./delivery/vigil.ts";
import { type WebhookNet, webhookDelivery } from "./delivery/webhooks.ts";
import { type Log, LogUnavailable } from "./log/log.ts";
import { agentDirectory } from "./projection/agents.ts";
import { conditionView } from "./projection/conditions.ts";
import { deadLetterView } from "./projection/dead-letters.ts";
import { elicitationView, type Held, type OpenElicitation } from "./projection/elicitations.ts";
import { flagView } from "./projection/flags.ts";
import { inquiryView } from "./projection/inquiries.ts";
import { keyedView } from "./projection/keyed.ts";
import { keyDirectory } from "./projection/keys.ts";
import { loginView } from "./projection/logins.ts";
import { modeView } from "./projection/mode.ts";
import { proofView } from "./projection/proofs.ts";
import { follow, type Projection } from "./projection/rebuild.ts";
import { rolloutView, standingOf } from "./projection/rollouts.ts";
import { sequenceView } from "./projection/sequences.ts";
import { signOffView } from "./projection/sign-offs.ts";
import { storyView } from "./projection/stories.ts";
import { webhookView } from "./projection/webhooks.ts";

export interface BridgePorts {
  readonly log: Log;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly scheduler: Scheduler;
  readonly limits: Limits;
  /** This bridge's name in everything that is signed. */
  readonly audience: string;
  readonly master: MasterSecret;
  readonly version: string;
  /** How events are proven to strangers; absent: they are not. */
  readonly proofs?: LogProofs;
  readonly onReplay?: (position: number, head: number) => void;
  /** Who may do what, in Cedar; the default policy unless given. */
  readonly policy?: string;
  /** What roles may do in a minute; the defaults unless given. */
  readonly roleRates?: Readonly<Record<string, RoleRate>>;
  /** Further folds over the log, replayed into with the bridge's own. */
  readonly projections?: readonly Projection[];
  /** Who looks on while it works; nobody unless given. */
  readonly observer?: Observer;
  /** How questions are posted to agents that want it so; absent: they are not. */
  readonly webhooks?: { readonly net: WebhookNet; readonly mayBePrivate: boolean };
  /** What is measured about the bridge's health now. Absent: nothing is, and it enters no emergency by itself. */
  readonly vitals?: () => Promise<Vitals>;
  /** A command that delivery gave failed for a reason that is a fault, not a refusal. */
  readonly onFault: (fault: unknown) => void;
}

/** A running bridge without its doors: commands in, projections to read, delivery to listen to. */
export const startBridge = async (ports: BridgePorts) => {
  const { log, clock, scheduler, limits, audience, observer = unobserved, projections = [] } = ports;
  const now = logTime(clock, log);
  const masters = masterSecrets(ports.master);
  const agents = agentDirectory();
  const keys = keyDirectory();
  const logins = loginView();
  const elicitations = elicitationView(log, limits);
  const inquiries = inquiryView(log);
  const keyed = keyedView(limits);
  const stories = storyView(limits.storiesMax);
  const webhooks = webhookView();
  const conditions = conditionView();
  const signOffs = signOffView();
  const proofs = proofView();
  const flags = flagView();
  const modes = modeView();
  const deadLetters = deadLetterView(limits.deadLettersMax);
  const rollouts = rolloutView();
  const sequences = sequenceView();
  const allowance = allowances({
    limits,
    roleRates: ports.roleRates ?? defaultRoleRates,
    rolesOf: (name) => rolesOf(agents.get(name)),
    monotonic: clock.monotonic,
  });
  // Only what is replayed: what happens from now on is charged when it is asked for.
  let isReplaying = true;
  const startedAt = now();
  const charges: Projection = { fold: (event) => isReplaying && allowance.replayed(event, startedAt - event.time) };
  const signed: Projection = { fold: (event) => isReplaying && sequences.fold(event) };
  await follow(
    log,
    [
      agents,
      keys,
      logins,
      elicitations,
      inquiries,
      keyed,
      stories,
      webhooks,
      conditions,
      signOffs,
      proofs,
      flags,
      modes,
      rollouts,
      deadLetters,
      charges,
      signed,
      ...projections,
    ],
    ports.onReplay,
  );
  isReplaying = false;

  /** By which way the next question for this agent goes. */
  const armOf = (name: string): Arm => {
    const state = flags.state(PUSH_FLAG);
    if (state.status === "none") return "push";
    return evaluate(PUSH_FLAG, state, subjectOf(name, agents.get(name))).value ? "push" : "mailbox";
  };
  const violation = violationRecorder(log, now);
  const degrade = degradeCommands({
    log,
    now,
    limits,
    load: modes.load,
    committed: modes.get,
    checks: healthChecks({ log, now, limits, elicitations, vitals: ports.vitals }),
  });
  const door = gate({
    log,
    now,
    monotonic: clock.monotonic,
    agent: agents.get,
    allowances: allowance,
    authorizer: authorizer(ports.policy ?? defaultPolicy),
    violation,
    refuses: degrade.refuses,
  });
  const ring = keyring({ now, historyOf: keys.get, masterOf: masters.of });
  const master = masterCommands({ log, rng: ports.rng, now, masters, keep: ports.master.keep, barring: ring.barring });
  await master.settle();
  const registry = registerCommands({
    ...ports,
    now,
    masters,
    barring: ring.barring,
    load: (stream) => agents.snapshot(stream.slice("agent/".length)),
  });
  const elicit = elicitCommands({
    ...ports,
    armOf,
    now,
    violation,
    observer,
    keyOf: ring.keyOf,
    sequences,
    lookup: { ...elicitations, agent: agents.get, story: stories.get },
  });

  let stopped: Refusal | undefined;
  const given = challenges({ rng: ports.rng, now, wall: clock.now, limits });
  const proven = {
    ...ports,
    now,
    masters,
    challenges: given,
    historyOf: keys.get,
    keyOf: ring.keyOf,
    run: registry.run,
  };
  const enrolment = enrolCommands({
    ...proven,
    invited: agents.byInvitation,
    isKeyKnown: (kid) => keys.get(kid) !== undefined,
  });
  const rotate = rotateCommand({ ...proven, agent: agents.get });
  const signIn = loginCommands({
    ...proven,
    agent: agents.get,
    load: (stream) => logins.snapshot(stream.slice("login/".length)),
    openOf: (agent) => sessions.openOf(agent),
  });

  const inBackground = (work: Promise<unknown>): void =>
    void work.catch((fault: unknown) => {
      // News that comes while the log closes is carried at the next start.
      if (stopped === undefined || !(fault instanceof LogUnavailable)) ports.onFault(fault);
    });
  /** What time brings about happens once the log can be written again, however long that takes. */
  const untilWritten = async (command: () => Promise<Handled<unknown>>): Promise<void> => {
    const outcome = await command();
    if (outcome.ok || outcome.refusal.code !== "log_unavailable" || stopped !== undefined) return;
    scheduler.after(outcome.refusal.retryAfterMs ?? 0, () => inBackground(untilWritten(command)));
  };
  const deliver = delivery({
    now,
    monotonic: clock.monotonic,
    scheduler,
    limits,
    audience,
    agents,
    elicitations,
    armOf,
    observer,
    record: {
      offered: (id, via, session, trace, until) => inBackground(elicit.offered(id, via, session, trace, until)),
      deadLetter: (id) => inBackground(untilWritten(() => elicit.deadLetter(id))),
      expire: (id) => inBackground(untilWritten(() => elicit.expire(id))),
      lapse: (id) => inBackground(untilWritten(() => elicit.lapse(id))),
      seen: (agent, via) => inBackground(registry.see(agent, via)),
      left: (login) => sessions.left(login),
    },
  });
  const sessions = signedIn({ now, scheduler, logins, deliver });
  const inquire = inquireCommands({
    ...ports,
    armOf,
    now,
    violation,
    agent: agents.get,
    keyOf: ring.keyOf,
    causeOf: elicit.causeOf,
    denied: async (caller, target) => door.admit(caller, { action: "ask", target }),
    load: inquiries.load,
    first: (actor, key) => keyed.find("inquire", actor, key, now()),
    openFrom: inquiries.openFrom,
    unaskable: (target, asker, requireEd25519) =>
      elicit.unaskable(target, asker, requireEd25519) ??
      (door.isAllowed(asker, "ask", target)
        ? undefined
        : refusal("forbidden", `the policy does not let ${asker} ask ${target}`)),
    able: (expertise, asker) =>
      rank(agents.list({ expertise }), expertise, asker, {
        isReachable: deliver.isReachable,
        openTo: elicitations.openTo,
      }),
  });
  const conductor = conduct({
    now,
    scheduler,
    elicitations,
    inquiries,
    record: {
      hear: (id, attempt, how) =>
        inBackground(untilWritten(() => inquire.hear(id, attempt, how, acceptedAnswer(elicitations.find(attempt))))),
      hedge: (id) => inBackground(untilWritten(() => inquire.hedge(id))),
      expire: (id) => inBackground(untilWritten(() => inquire.expire(id))),
      withdraw: (id) => inBackground(untilWritten(() => elicit.withdraw(id))),
    },
  });
  const webhook = webhookCommands({
    ...ports,
    now,
    masters,
    load: (stream) => webhooks.snapshot(stream.slice("webhook/".length)),
  });
  const rolling = rolloutCommands({
    log,
    now,
    rollout: rollouts.rollout,
    rollback: rollouts.rollback,
    canary: (name) => ({ percent: shareOf(flags.state(name)), open: count(elicitations.open(), isPushed) }),
    openFrom: () => {
      // The view keeps them in the order in which they were asked.
      for (const oldest of elicitations.open()) return oldest.askedAt;
      return log.head().position;
    },
  });
  const mend = mendCommands({
    ...ports,
    now,
    load: (stream) => conditions.snapshot(stream.slice("condition/".length)),
    all: conditions.list,
    signOffs: signOffs.of,
  });
  const poster =
    ports.webhooks === undefined
      ? undefined
      : webhookDelivery({
          ...ports.webhooks,
          ...{ now, scheduler, limits, audience, elicitations, webhooks, observer },
          isReachable: deliver.presence.isReachable,
          sign: (agent, salt, id, at, body) => {
            const hook = webhooks.of(agent);
            const secret = masters.of(hook?.salt === salt ? (hook.epoch ?? 1) : 1) ?? masters.current().secret;
            return webhookHeaders(webhookSecret(secret, agent, Buffer.from(salt, "base64url")), id, at, body);
          },
          record: {
            offered: (id, session, trace) => inBackground(elicit.offered(id, "webhook", session, trace)),
            gone: (agent) => inBackground(webhook.remove(agent, "it said 410", { actor: bridgeActor, trace: null })),
          },
          onFault: ports.onFault,
        });

  log.onCommitted((events) => {
    deliver.onCommitted(events);
    sessions.onCommitted(events);
    poster?.onCommitted(events);
    conductor.onCommitted(events);
  });

  const note = async (fact: Fact<"bridge.started" | "bridge.stopped">): Promise<void> => {
    const stream = streamOf.bridge;
    const caller = { actor: bridgeActor, trace: null };
    const event = draft(fact, { stream, time: now(), caller, parties: [], correlation: stream });
    await log.append([{ stream, expect: "any", events: [event] }]);
  };
  const watch = vigil({
    scheduler,
    limits,
    vitals: ports.vitals,
    alarm: (trigger, detail) => inBackground(untilWritten(() => degrade.alarm(trigger, detail))),
    onFault: ports.onFault,
  });
  await note({ type: "bridge.started", data: { version: ports.version, openElicitations: elicitations.openCount() } });
  await watch.start();
  deliver.start();
  sessions.start();
  await conductor.start();
  poster?.start();

  return {
    log,
    clock,
    observer,
    now,
    limits,
    audience,
    version: ports.version,
    agents,
    keys,
    elicitations,
    deliver,
    gate: door,
    stories,
    armOf,
    flags,
    flagSet: flagCommands({ log, now, limits, load: flags.load, count: flags.count }),
    subjectOf: (name: string) => subjectOf(name, agents.get(name)),
    deadLetters,
    redeem: deadLetterCommands({ log, now, elicit, find: deadLetters.get }).redeem,
    degrade: {
      ...degrade,
      /** In force at once, and written down when the log can be, however long that takes. */
      declare: async (reason: string, caller: Caller) => {
        const outcome = await degrade.declare(reason, caller);
        if (!outcome.ok && outcome.refusal.code === "log_unavailable") {
          inBackground(untilWritten(() => degrade.declare(reason, caller)));
        }
        return outcome;
      },
    },
    resetBudget: resetBudgetCommand(log, now),
    elicit,
    inquire,
    inquiries,
    registry,
    challenges: given,
    ping: pingCommand({
      log,
      now,
      isActive: (name) => agents.get(name).status === "active",
      ping: pinger({
        ...{ monotonic: clock.monotonic, scheduler, limits, presence: deliver.presence },
        post: (name) => poster?.ping(name),
      }),
    }),
    forms: oneTimeForms({ rng: ports.rng, now, scheduler, limits }),
    enrolment,
    exchange: exchangeCommand({
      historyOf: keys.get,
      everOf: ring.everOf,
      ...(ports.proofs === undefined ? {} : { proofs: ports.proofs }),
    }),
    rotate,
    signIn,
    master,
    masters,
    webhook,
    webhooks,
    conditions,
    mend,
    rollouts: { ...rolling, standing: () => standingOf(rollouts, now()) },
    proofs,
    /** Undefined when this bridge posts no webhooks. */
    posts:
      poster === undefined
        ? undefined
        : { lastPost: poster.lastPost, mayBePrivate: ports.webhooks?.mayBePrivate === true },
    violation,
    appendCustom: customCommand(log, now, limits, (actor, key) => keyed.find("append", actor, key, now())),
    /** The agent whose bearer credential this is, or who signed in with it. */
    authenticate: (token: string): { readonly agent: string; readonly login?: string } | undefined => {
      const hash = tokenHash(token);
      if (!token.startsWith("lhs_")) {
        const agent = agents.byTokenHash(hash);
        return agent === undefined ? undefined : { agent };
      }
      const held = sessions.use(hash);
      return held === undefined ? undefined : { agent: held.agent, login: held.id };
    },
    revoke: async (name: string, reason: string, by: string) => {
      const outcome = await registry.revoke(name, reason, { actor: by, trace: null });
      if (outcome.ok) deliver.evict(name, refusal("agent_revoked", `${name} was revoked`));
      return outcome;
    },
    /** Why this bridge takes nothing any more, once that is so. */
    stopped: (): Refusal | undefined => stopped,
    /** Stops the clock, tells every connection, writes the last event. The log is the caller's to close. */
    stop: async (why: Refusal): Promise<void> => {
      stopped = why;
      deliver.stop(why);
      conductor.stop();
      poster?.stop();
      watch.stop();
      try {
        await note({ type: "bridge.stopped", data: { reason: why.detail } });
      } catch (fault) {
        // A full disk must not keep a bridge from stopping.
        if (!(fault instanceof LogUnavailable)) throw fault;
      }
    },
  };
};

/** How much of a flag is on: what a rollback would take back. Push that was never set is on for everybody. */
const shareOf = (state: Flag): number => {
  switch (state.status) {
    case "none":
      return 100;
    case "killed":
      return 0;
    case "set":
      return Math.max(Math.ceil(state.rule.percentage), state.rule.targets.some(({ on }) => on) ? 1 : 0);
  }
};

const isPushed = ({ state }: OpenElicitation): boolean => armNow(state) === "push";

const count = <T>(items: Iterable<T>, fits: (item: T) => boolean): number => {
  let n = 0;
  for (const item of items) if (fits(item)) n++;
  return n;
};

const rolesOf = (agent: Agent): readonly string[] => (agent.status === "active" ? agent.profile.roles : []);

const subjectOf = (name: string, state: Agent) => {
  const { roles, expertise } = state.status === "active" ? state.profile : nobody;
  return { agent: name, roles, expertise };
};
const nobody = { roles: [], expertise: [] } as const;

const acceptedAnswer = (held: Held | undefined): Jws | undefined =>
  held?.state.status === "ended" && held.state.end.how === "accepted" ? held.state.end.answer : undefined;

export type Bridge = Awaited<ReturnType<typeof startBridge>>;
