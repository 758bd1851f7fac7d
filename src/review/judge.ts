import { ownerOf, standingOf } from "../domain/condition.ts";
import type { Census, ProvenCondition } from "./certificate/conditions.ts";
import type { SignOffs } from "./certificate/sign-offs.ts";
import type { SignOffEntry, Verdict, VerdictReason } from "./certificate/statement.ts";
import type { Policy } from "./policy.ts";
import type { Outcome } from "./result.ts";

export interface Judged {
  readonly policy: Policy;
  readonly outcomes: readonly Outcome[];
  readonly conditions: readonly ProvenCondition[];
  readonly census: Census | undefined;
  readonly signOffs: SignOffs;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly VerdictReason[];
}

type Found = VerdictReason & { readonly stops: boolean };

/**
 * The verdict, from outcomes, conditions and sign-offs. Monotone: whatever is taken away, it never gets better; of
 * nothing it is NO-GO. What stops is NO-GO, what merely is open is CONDITIONAL.
 */
export const judge = (judged: Judged): Judgement => {
  const found = [...ofPolicy(judged), ...ofOutcomes(judged), ...ofConditions(judged), ...ofSignOffs(judged)];
  const reasons = found.map(({ code, about, detail }) => ({ code, about, detail }));
  if (found.some(({ stops }) => stops)) return { verdict: "NO-GO", reasons };
  return { verdict: found.length > 0 ? "CONDITIONAL" : "GO", reasons };
};

const stop = (code: VerdictReason["code"], about: string, detail: string): Found => ({
  code,
  about,
  detail,
  stops: true,
});
const leave = (code: VerdictReason["code"], about: string, detail: string): Found => ({
  code,
  about,
  detail,
  stops: false,
});

const ofPolicy = ({ policy }: Judged): readonly Found[] =>
  policy.checks.length === 0 ? [stop("nothing-asked", policy.name, "the policy asks for no check")] : [];

const ofOutcomes = ({ policy, outcomes, conditions, now }: Judged): readonly Found[] =>
  policy.checks.flatMap(({ id, severity }) => {
    const found = outcomes.find((one) => one.id === id);
    if (found?.state === "pass") return [];
    const short = `${id} is ${found?.state ?? "missing"}`;
    if (severity === "blocker") return [stop("blocker", id, `${short}, and nothing is GO without it`)];
    if (found?.state === "waived")
      return [leave("waived", id, `${short} by ${found.waiver.by} until ${found.waiver.until}`)];
    const held = conditions.filter(({ state }) => state.finding.check === id && isOpen(state, now));
    return held.length === 0
      ? [stop("shortfall-without-condition", id, `${short}, and no open condition says who mends it by when`)]
      : [leave("shortfall", id, `${short}; condition ${held.map((one) => one.id).join(", ")}`)];
  });

const isOpen = (state: ProvenCondition["state"], now: number): boolean => {
  const standing = standingOf(state, now);
  return standing === "open" || standing === "acknowledged" || standing === "claimed";
};

const ofConditions = ({ conditions, census, now }: Judged): readonly Found[] => {
  if (census === undefined)
    return [stop("no-census", "conditions", "the bridge's count of all conditions is not there")];
  const missing = census.conditions.flatMap(({ id, revision }) => {
    const known = conditions.find((one) => one.id === id)?.events.length ?? 0;
    return known === revision + 1
      ? []
      : [stop("census-incomplete", id, `the bridge counts ${revision + 1} events of it, and ${known} are here`)];
  });
  return [...missing, ...conditions.flatMap((one) => ofCondition(one, now))];
};

const ofCondition = ({ id, state }: ProvenCondition, now: number): readonly Found[] => {
  const about = `${state.finding.check} (${state.finding.title})`;
  const owner = ownerOf(state);
  switch (standingOf(state, now)) {
    case "closed":
    case "waived":
      return [];
    case "overdue":
      return [stop("condition-overdue", id, `${about} was not mended in time`)];
    case "open":
    case "acknowledged":
    case "claimed":
      return owner === undefined
        ? [stop("condition-without-owner", id, `nobody has taken on ${about}`)]
        : [leave("condition-open", id, `${about} is ${owner}'s to mend`)];
  }
};

/** Silence is not consent, an objection ends it, and an answer that was given has to be shown. */
const ofSignOffs = ({ policy, census, signOffs, now }: Judged): readonly Found[] => {
  const { roles, quorum, ttlMs } = policy.signOff;
  const fresh = signOffs.entries.filter(({ at }) => Date.parse(at) + ttlMs >= now);
  const approving = fresh.filter(({ decision }) => decision === "approve");
  const agentsOf = (entries: readonly SignOffEntry[]): number => new Set(entries.map(({ agent }) => agent)).size;
  const shown = new Set([...signOffs.entries, ...signOffs.refused].map(({ position }) => position));
  return [
    ...signOffs.entries
      .filter(({ decision }) => decision === "object")
      .map(({ agent, reason }) => stop("objection", agent, `${agent} objects: ${reason}`.slice(0, 4_096))),
    ...(census?.signOffs ?? [])
      .filter(({ how }) => how === "open")
      .map(({ to }) => stop("sign-off-open", to, `${to} was asked, and could still object when the bridge counted`)),
    ...(census?.signOffs ?? [])
      .filter(({ how, position }) => (how === "accepted" || how === "declined") && !shown.has(position))
      .map(({ to }) => stop("sign-off-not-shown", to, `${to} answered, and the answer is not here`)),
    ...signOffs.refused.map(({ agent, why }) => stop("sign-off-refused", agent, `${agent} answered, but ${why}`)),
    ...roles
      .map(({ role, approvals }) => {
        const got = agentsOf(approving.filter((entry) => entry.roles.includes(role)));
        return { role, approvals, got };
      })
      .filter(({ approvals, got }) => got < approvals)
      .map(({ role, approvals, got }) => stop("sign-off-missing", role, `${got} of ${approvals} approvals by ${role}`)),
    ...(agentsOf(approving) < quorum
      ? [stop("sign-off-missing", "quorum", `${agentsOf(approving)} of ${quorum} approvals`)]
      : []),
  ];
};
