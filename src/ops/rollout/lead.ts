import { LighthouseRefusal } from "../../client/refusal.ts";
import { refusal } from "../../domain/refusal.ts";
import { noEvidenceYet, type Remembered, remembered } from "./evidence.ts";
import { judge } from "./judge.ts";
import { type Looker, type LookPorts, looker } from "./look.ts";
import type { FlagStanding, RolloutStanding, Standing } from "./operator.ts";
import { triggerOf } from "./trigger.ts";

export interface LeadPorts extends LookPorts {
  /** Names this process; a lease that it holds is its own again after a hiccup, but not after a restart. */
  readonly holder: string;
  /** Resolves after so long, or rejects with the signal's reason. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Whether a certificate lets so many percent of the agents have what is being rolled out, now. */
  readonly certificate?: (percent: number) => Promise<Certified>;
  /** Goes back: all seven steps, to the end. */
  readonly rollBack: (rollout: RolloutStanding) => Promise<void>;
  readonly say: (news: Progress) => void;
  /** After each look, also when there is nothing new to say. */
  readonly looked?: (rollout: RolloutStanding) => void;
}

export type Certified =
  | { readonly ok: true /** Its digest. */; readonly certificate: string }
  | { readonly ok: false; readonly why: string };

export interface Progress {
  readonly rollout: RolloutStanding;
  readonly what: string;
}

export type LedTo = "completed" | "withdrawn" | "nothing";

/** A lease outlives three looks, so that one slow look loses nothing; a dead controller is replaced soon after. */
const leaseMsOf = (everyMs: number): number => Math.max(3 * everyMs, 3_000);
/** How often the certificate of a step that soaks is looked at: it may expire, be revoked, or another build run. */
const CERTIFICATE_EVERY_MS = 60_000;
/** While a rollout is paused or waits for another controller, somebody may want it back soon. */
const IDLE_MS = 1_000;

/**
 * Leads the rollout of a bridge to its end, from wherever it stands. All that counts is in the log: this can be killed
 * at any point and started again, by anybody, and nothing happens twice.
 */
export const lead = async (ports: LeadPorts): Promise<LedTo> => {
  const { operator, say } = ports;
  let standing = await operator.operate<Standing>("rollouts.get", {});
  const { rollout } = standing;
  if (rollout === null || rollout.status === "completed" || rollout.status === "withdrawn") return "nothing";
  const { id, plan } = rollout;
  const leaseMs = leaseMsOf(plan.analysis.everyMs);
  /** The one that this controller was given: what it reads later may be another's, and is never acted on. */
  let fence = 0;
  const lease = async (): Promise<Standing> => {
    const given = await operator.operate<Standing>("rollouts.lease", { id, holder: ports.holder, forMs: leaseMs });
    if (given.rollout?.lease.holder === ports.holder) fence = given.rollout.lease.fence;
    return given;
  };
  standing = await lease();
  const eyes = looker(ports, plan);
  let evidence: Remembered | undefined;
  let certifiedAt = ports.monotonic();
  let told = "";
  const certified = async (step: number): Promise<Certified> => {
    certifiedAt = ports.monotonic();
    if (plan.certificate !== "required") return { ok: true, certificate: "" };
    const percent = plan.steps[step]?.percent ?? 0;
    return (await ports.certificate?.(percent)) ?? { ok: false, why: "this controller was given none" };
  };
  const pause = (reason: string) =>
    unlessOvertaken(ports, operator.operate<Standing>("rollouts.pause", { id, reason: reason.slice(0, WHY_CHARS) }));

  for (;;) {
    const now = standing.rollout;
    if (now === null || now.id !== id) return "withdrawn";
    if (now.lease.fence !== fence && isGoing(now)) throw replacedBy(now, fence);
    const turn = nextTurn(now);
    const news = inWords(now, turn);
    if (news !== told) say({ rollout: now, what: news });
    told = news;
    const advance = (act: object) => operator.operate<Standing>("rollouts.advance", { id, fence, act });
    switch (turn.type) {
      case "end":
        return turn.how;
      case "go_back":
        await ports.rollBack(now);
        standing = await operator.operate<Standing>("rollouts.get", {});
        break;
      case "enter": {
        const found = await certified(turn.step);
        standing = found.ok
          ? await unlessOvertaken(ports, advance({ type: "enter", step: turn.step, certificate: found.certificate }))
          : await pause(`step ${turn.step + 1} needs a valid certificate: ${found.why}`);
        break;
      }
      case "apply": {
        const set = await setShare(ports, now);
        if (set.how === "killed") {
          standing = await operator.operate<Standing>("rollouts.abort", { id, reason: set.why, trigger: "flag" });
        } else if (set.how === "moved") {
          standing = await operator.operate<Standing>("rollouts.get", {});
        } else {
          await eyes.begin();
          evidence = noEvidenceYet;
          standing = await unlessOvertaken(ports, advance({ type: "apply", step: now.step, version: set.fence }));
        }
        break;
      }
      case "complete":
        standing = await unlessOvertaken(ports, advance({ type: "complete" }));
        break;
      case "watch":
        if (evidence === undefined) {
          // Taken over in the middle of a step: what was seen of it is in the log.
          evidence = await remembered(operator, now, now.step);
          await eyes.begin();
        }
        await ports.sleep(plan.analysis.everyMs);
        [standing, evidence] = await watch(ports, eyes, now, evidence, leaseMs);
        if (standing.rollout !== null) ports.looked?.(standing.rollout);
        if (standing.rollout?.status === "running" && ports.monotonic() - certifiedAt >= CERTIFICATE_EVERY_MS) {
          const found = await certified(now.step);
          if (!found.ok) standing = await pause(`step ${now.step + 1} has no valid certificate any more: ${found.why}`);
        }
        break;
      case "wait":
        await ports.sleep(Math.min(IDLE_MS, leaseMs / 3));
        standing = await unlessOvertaken(ports, lease());
        break;
    }
  }
};

type Turn =
  | { readonly type: "end"; readonly how: "completed" | "withdrawn" }
  | { readonly type: "go_back" | "apply" | "complete" | "watch" | "wait" }
  | { readonly type: "enter"; readonly step: number };

/** What is to be done, seen only by where it stands. */
const nextTurn = (rollout: RolloutStanding): Turn => {
  const { status, stage, step, plan, verdict, promoted } = rollout;
  if (status === "completed" || status === "withdrawn") return { type: "end", how: status };
  if (status === "aborting") return { type: "go_back" };
  if (stage === "entering") return { type: "apply" };
  if (stage === "soaking" && (status === "paused" || !(promoted || verdict === "promote"))) return { type: "watch" };
  if (status === "paused") return { type: "wait" };
  return step === plan.steps.length - 1 ? { type: "complete" } : { type: "enter", step: step + 1 };
};

/**
 * Sets the flag's share, on the fence that it was decided on, and sees that it is so. An earlier controller that wakes
 * up between the two is refused by the bridge, and so are we when we are the earlier one.
 */
const setShare = async ({ operator }: LeadPorts, { id, step, plan, lease }: RolloutStanding): Promise<SetShare> => {
  const name = plan.flag;
  const percentage = plan.steps[step]?.percent ?? 0;
  const current = await operator.operate<FlagStanding>("flags.get", { name });
  if (current.status === "killed") return { how: "killed", why: killedInWords(current) };
  const reason = `${id} step ${step + 1}: ${percentage} %`;
  // The reason is the effect's key: found there, it was done by us or by who died in our place.
  if (current.status === "set" && current.percentage === percentage && current.reason === reason) {
    return { how: "set", fence: current.fence };
  }
  const { targets, fence } = current;
  // Who took it back before the flag was read has ended the rollout by then; who does so from here on moves its fence.
  const { rollout } = await operator.operate<Standing>("rollouts.get", {});
  const isStillSo = rollout?.id === id && rollout.step === step && rollout.stage === "entering" && isGoing(rollout);
  if (!isStillSo || rollout.lease.fence !== lease.fence) return { how: "moved" };
  try {
    await operator.operate("flags.set", { name, percentage, targets, fence, reason });
  } catch (error) {
    const isOvertaken =
      error instanceof LighthouseRefusal && (error.code === "flag_fenced" || error.code === "flag_killed");
    if (!isOvertaken) throw error;
    return { how: "moved" };
  }
  const seen = await operator.operate<FlagStanding>("flags.get", { name });
  return seen.status === "set" && seen.percentage === percentage ? { how: "set", fence: seen.fence } : { how: "moved" };
};

const isGoing = ({ status }: RolloutStanding): boolean => status === "running" || status === "paused";

const replacedBy = ({ lease }: RolloutStanding, fence: number): LighthouseRefusal =>
  new LighthouseRefusal(
    refusal("lease_lost", `you act on fence ${fence}, and it is at ${lease.fence} with ${lease.holder}`),
  );

type SetShare =
  | { readonly how: "set"; readonly fence: number }
  | { readonly how: "killed"; readonly why: string }
  /** Somebody else changed it in the same moment: look again where everything stands. */
  | { readonly how: "moved" };

const killedInWords = ({ name, by, reason }: FlagStanding): string =>
  `the flag ${name} was killed${by === undefined ? "" : ` by ${by}`}: ${reason ?? ""}`.slice(0, WHY_CHARS);

const watch = async (
  ports: LeadPorts,
  eyes: Looker,
  rollout: RolloutStanding,
  evidence: Remembered,
  leaseMs: number,
): Promise<readonly [Standing, Remembered]> => {
  const { operator } = ports;
  const { id, step, plan, looks, lease } = rollout;
  const advance = (act: object) => operator.operate<Standing>("rollouts.advance", { id, fence: lease.fence, act });
  const seen = await eyes.look();
  const unhealthy = seen.isUnwell ? evidence.unhealthy + 1 : 0;
  const next: Remembered =
    seen.kind === "seen"
      ? { measurements: [...evidence.measurements, seen.measurement], blindMs: 0, blindBecause: "", unhealthy }
      : { ...evidence, blindMs: evidence.blindMs + seen.forMs, blindBecause: seen.why, unhealthy };
  const flag = await operator.operate<FlagStanding>("flags.get", { name: plan.flag });
  const trigger =
    flag.status === "killed"
      ? ({ name: "flag", why: killedInWords(flag) } as const)
      : triggerOf(plan, { ...next, damage: seen.damage });
  const look = { step, look: looks, leaseMs };
  let standing = await unlessOvertaken(
    ports,
    seen.kind === "seen"
      ? advance({ type: "measure", ...look, seen: seen.measurement })
      : advance({ type: "blind", ...look, forMs: seen.forMs, why: seen.why }),
  );
  if (isOver(standing, id)) return [standing, next];
  if (trigger !== undefined) {
    standing = await operator.operate<Standing>("rollouts.abort", { id, reason: trigger.why, trigger: trigger.name });
    return [standing, next];
  }
  const wanted = plan.steps[step]?.percent ?? 0;
  if (flag.percentage !== wanted && standing.rollout?.status === "running") {
    const reason = `the flag ${plan.flag} was set to ${flag.percentage} % by hand; set it to ${wanted} % before it goes on`;
    return [await unlessOvertaken(ports, operator.operate<Standing>("rollouts.pause", { id, reason })), next];
  }
  const { verdict, why } = judge(plan, step, next);
  if (verdict !== standing.rollout?.verdict) {
    standing = await unlessOvertaken(ports, advance({ type: "judge", step, verdict, why: why.slice(0, WHY_CHARS) }));
  }
  return [standing, next];
};

const WHY_CHARS = 1_000;

const isOver = ({ rollout }: Standing, id: string): boolean =>
  rollout === null || rollout.id !== id || (rollout.status !== "running" && rollout.status !== "paused");

/** Somebody aborted, paused or moved it on while we acted: where it stands now says what comes next. */
const unlessOvertaken = async ({ operator }: LeadPorts, acting: Promise<Standing>): Promise<Standing> => {
  try {
    return await acting;
  } catch (error) {
    const isOvertaken = error instanceof LighthouseRefusal && overtaken.has(error.code);
    if (!isOvertaken) throw error;
    return operator.operate<Standing>("rollouts.get", {});
  }
};

const overtaken: ReadonlySet<string> = new Set(["rollout_busy", "no_rollout", "no_evidence"]);

const inWords = ({ status, step, plan, verdict, why }: RolloutStanding, turn: Turn): string => {
  const at = `step ${step + 1} of ${plan.steps.length} (${plan.steps[step]?.percent ?? 0} %)`;
  switch (turn.type) {
    case "end":
      return turn.how;
    case "go_back":
      return `goes back: ${why}`;
    case "enter":
      return `enters step ${turn.step + 1} of ${plan.steps.length} (${plan.steps[turn.step]?.percent} %)`;
    case "apply":
      return `${at}: sets the flag`;
    case "complete":
      return `${at} is passed: completes`;
    case "wait":
      return `paused: ${why}`;
    case "watch":
      return status === "paused"
        ? `${at}: paused (${why}); still watched`
        : `${at}: ${verdict === "none" ? "watched" : `${verdict}: ${why}`}`;
  }
};
