import type { LogEvent } from "../client/wire.ts";
import type { EventData, EventTypeName } from "../domain/event.ts";
import { printableLine } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

/** Events on their lines, under the day that they are of: a log is read weeks after. Times are UTC. */
export const eventLines = (style: Terminal["style"]): ((event: LogEvent) => readonly string[]) => {
  let last = "";
  return (event) => {
    const day = event.time.slice(0, 10);
    const heading = day === last ? [] : [style("bold", `${day} UTC`)];
    last = day;
    return [...heading, eventLine(event, style)];
  };
};

/** One event on one line: when, who, what, in words. A type that this build does not know is shown by its name. */
export const eventLine = (event: LogEvent, style: Terminal["style"]): string =>
  [
    style("dim", event.time.slice(11, 23)),
    style("dim", String(event.position).padStart(6)),
    style("cyan", printableLine(event.actor).padEnd(12)),
    inWords(event, style),
    ...idOf(event.subject).map((id) => style("dim", id)),
  ].join("  ");

const LINE_CHARS_MAX = 400;

const idOf = (subject: string): readonly string[] =>
  subject.startsWith("elicitation/") ? [printableLine(subject.slice("elicitation/".length))] : [];

const inWords = (event: LogEvent, style: Terminal["style"]): string => {
  const read = event.data as never;
  const told = words[event.type as EventTypeName] as Telling | undefined;
  if (told === undefined) return printableLine(`${event.type} ${short(event.data)}`, LINE_CHARS_MAX);
  const [colour, said] = told(read, event);
  // Once for all of it: names and kinds are plain words, if the bridge is what it says it is.
  const text = printableLine(said, LINE_CHARS_MAX);
  return colour === undefined ? text : style(colour, text);
};

type Colour = "green" | "red" | "yellow" | "dim" | undefined;
type Telling = (data: never, event: LogEvent) => readonly [Colour, string];

const short = (value: unknown): string => printableLine(JSON.stringify(value), 100);

/** The content is in the signed payload and nowhere else. */
const contentOf = ({ payload }: { readonly payload: string }): string => {
  try {
    return short((JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as { content: unknown }).content);
  } catch {
    return "(unreadable)";
  }
};

const words: { readonly [T in EventTypeName]?: (data: EventData<T>, event: LogEvent) => readonly [Colour, string] } = {
  "agent.registered": ({ agent, kind, roles }) => [undefined, `registers ${agent} (${kind}, ${roles.join(", ")})`],
  "agent.revoked": ({ reason }, { subject }) => ["red", `revokes ${subject.slice(6)}${because(reason)}`],
  "agent.invited": ({ agent, notAfter }) => [
    undefined,
    `invites ${agent} to enrol a key, until ${new Date(notAfter).toISOString().slice(11, 19)}`,
  ],
  "agent.enrolled": ({ kid, retiring }) => ["green", `enrols the key ${kid}${instead(retiring)}`],
  "agent.key_added": ({ kid, by }) => [undefined, `names ${kid} to follow its key ${by}`],
  "agent.key_activated": ({ kid, retiring }) => ["green", `signs with the key ${kid}${instead(retiring)}`],
  "agent.mac_renewed": ({ epoch }) => [undefined, `has its MAC key of epoch ${epoch}`],
  "agent.key_revoked": ({ kid, reason, compromisedSince }, { subject }) => [
    "red",
    `revokes the key ${printableLine(kid)} of ${subject.slice(6)}${
      compromisedSince === undefined ? "" : `, suspect from ${compromisedSince} on`
    }${because(reason)}`,
  ],
  "agent.suspended": ({ reason }, { subject }) => ["red", `suspends ${subject.slice(6)}${because(reason)}`],
  "agent.resumed": ({ reason }, { subject }) => ["green", `resumes ${subject.slice(6)}${because(reason)}`],
  "login.opened": ({ kid }) => ["dim", `signs in with the key ${kid}`],
  "login.closed": ({ reason }) => ["dim", `signs out${because(reason)}`],
  "master.rotated": ({ epoch, older, reason }) => [
    "yellow",
    `begins epoch ${epoch} of the master secret (older ones are ${older})${because(reason)}`,
  ],
  "webhook.set": ({ url }) => [undefined, `has its questions posted to ${printableLine(url)}`],
  "webhook.removed": ({ reason }) => [undefined, `has its questions posted nowhere${because(reason)}`],
  "reach.measured": ({ agent, ok, says }) => [ok ? "green" : "yellow", `pings ${agent}: ${printableLine(says)}`],
  "agent.seen": ({ via }) => ["dim", `is here (${via})`],
  "elicitation.asked": ({ to, message }) => [undefined, `asks ${to}: ${short(message)}`],
  "elicitation.offered": ({ via }) => ["dim", `handed it over (${via})`],
  "elicitation.acknowledged": () => ["dim", "has it out of its mailbox"],
  "elicitation.dead_lettered": ({ deliveries }) => [
    "red",
    `dead letter: handed out ${deliveries} times, and nobody has it`,
  ],
  "elicitation.requeued": ({ reason }) => ["yellow", `puts the dead letter back into its mailbox${because(reason)}`],
  "mailbox.discarded": ({ elicitation, reason }) => [
    "dim",
    `lists the dead letter ${elicitation} no more${because(reason)}`,
  ],
  "elicitation.rerouted": ({ from, to, reason }) => ["yellow", `takes it from ${from} to ${to}${because(reason)}`],
  "flag.set": ({ rule, fence, reason }, { subject }) => [
    "yellow",
    `sets ${subject} to ${rule.percentage} %, ${rule.targets.length} targets (fence ${fence})${because(reason)}`,
  ],
  "flag.killed": ({ fence, reason }, { subject }) => ["red", `kills ${subject} (fence ${fence})${because(reason)}`],
  "flag.restored": ({ rule, fence, reason }, { subject }) => [
    "yellow",
    `restores ${subject} to ${rule.percentage} % (fence ${fence})${because(reason)}`,
  ],
  "mode.emergency_entered": ({ trigger, detail }) => ["red", `emergency (${trigger})${because(detail)}`],
  "mode.recovery_begun": ({ reason }) => ["yellow", `is at work on the emergency${because(reason)}`],
  "mode.normal_resumed": ({ reason }) => ["green", `back to normal${because(reason)}`],
  "elicitation.claimed": () => [undefined, "works on it"],
  "elicitation.lapsed": () => ["yellow", "the lease lapsed; it is offered again"],
  "elicitation.answer_refused": ({ problems }) => ["yellow", `gave an answer that does not fit (${problems} to mend)`],
  "elicitation.accepted": ({ answer }) => ["green", `accepts: ${contentOf(answer)}`],
  "elicitation.declined": ({ reason }) => ["red", `declines${because(reason)}`],
  "elicitation.cancelled": ({ reason }) => ["yellow", `takes it back${because(reason)}`],
  "elicitation.expired": () => ["red", "nobody answered in time"],
  "inquiry.asked": ({ message, candidates }) => [
    undefined,
    `asks ${candidates.map(({ agent }) => agent).join(" or ")}: ${short(message)}`,
  ],
  "inquiry.routed": ({ to, why }) => ["dim", `it goes to ${printableLine(to)}${because(why)}`],
  "inquiry.heard": ({ how }) => ["dim", `one attempt ended: ${how}`],
  "inquiry.concluded": ({ how }) => [how === "agreed" ? "green" : "yellow", `concluded: ${how}`],
  "authorization.decided": ({ action, resource, decision, policies }) => [
    decision === "allow" ? "dim" : "red",
    `may ${decision === "allow" ? "" : "not "}${action} ${printableLine(resource)} (${policies.join(", ")})`,
  ],
  "budget.reset": ({ reason }) => ["yellow", `lets the story go on${because(reason)}`],
  "condition.opened": ({ check, severity, what }) => [
    "yellow",
    `opens a condition on ${check} (${severity}): ${short(what)}`,
  ],
  "condition.acknowledged": ({ owner }) => [undefined, `takes the condition on: ${printableLine(owner)}`],
  "condition.claimed": ({ note }) => [undefined, `says that the condition is met${because(note)}`],
  "condition.closed": ({ prober }) => [
    "green",
    `closes the condition: ${printableLine(prober)} ran the check and it passed`,
  ],
  "condition.reopened": ({ why }) => ["red", `opens the condition again${because(why)}`],
  "condition.waived": ({ reason }) => ["yellow", `waives the condition for a time${because(reason)}`],
  "condition.census": ({ conditions }) => ["dim", `counts ${conditions.length} conditions`],
  "rollout.started": ({ plan, reason }) => [
    undefined,
    `rolls out ${plan.flag}: ${plan.steps.map(({ percent }) => percent).join(" → ")} %${because(reason)}`,
  ],
  "rollout.leased": ({ holder, fence }) => ["dim", `leads the rollout: ${printableLine(holder)} (fence ${fence})`],
  "rollout.entered": ({ step, percent }) => [undefined, `enters step ${step + 1}: ${percent} %`],
  "rollout.applied": ({ step, version }) => ["dim", `step ${step + 1} is in force (flag at fence ${version})`],
  "rollout.measured": ({ canary, stable }) => [
    "dim",
    `sees ${canary.failed} of ${canary.ended} fail in the canary arm, ${stable.failed} of ${stable.ended} in the stable one`,
  ],
  "rollout.blind": ({ why }) => ["yellow", `sees nothing${because(why)}`],
  "rollout.judged": ({ step, verdict, why }) => [
    verdict === "promote" ? "green" : verdict === "rollback" ? "red" : "yellow",
    `step ${step + 1}: ${verdict}${because(why)}`,
  ],
  "rollout.paused": ({ reason }) => ["yellow", `pauses the rollout${because(reason)}`],
  "rollout.resumed": ({ reason }) => [undefined, `lets the rollout go on${because(reason)}`],
  "rollout.promoted": ({ step, reason }) => ["yellow", `takes step ${step + 1} for passed${because(reason)}`],
  "rollout.aborted": ({ reason, trigger }) => [
    "red",
    `aborts the rollout${trigger === "" ? "" : ` (${printableLine(trigger)})`}${because(reason)}`,
  ],
  "rollout.withdrawn": ({ rollback }) => ["red", `the rollout is withdrawn (${printableLine(rollback)})`],
  "rollout.completed": () => ["green", "the rollout is complete"],
  "rollback.started": ({ flag, rehearsal, reason }) => [
    "red",
    `${rehearsal ? "rehearses the rollback of" : "rolls back"} ${printableLine(flag)}${because(reason)}`,
  ],
  "rollback.leased": ({ holder, fence }) => ["dim", `works on the rollback: ${printableLine(holder)} (fence ${fence})`],
  "rollback.step_done": ({ step, durationMs, found }) => ["green", `${step}, ${durationMs} ms${because(found)}`],
  "rollback.step_failed": ({ step, why }) => ["red", `${step} failed${because(why)}`],
  "rollback.finished": ({ durationMs, lost }) => [
    lost === 0 ? "green" : "red",
    `rolled back in ${durationMs} ms, ${lost} questions lost`,
  ],
  "security.violation": ({ kind, severity, code }) => ["red", `${severity}: ${kind} (${code})`],
  "bridge.started": ({ version, openElicitations }) => ["dim", `starts (${version}, ${openElicitations} open)`],
  "bridge.stopped": ({ reason }) => ["dim", `stops${because(reason)}`],
  custom: ({ name, payload }) => [undefined, `${name} ${short(payload)}`],
};

const instead = (retiring: readonly string[]): string =>
  retiring.length === 0 ? "" : ` in the place of ${printableLine(retiring.join(", "))}`;

const because = (reason: string): string => (reason === "" ? "" : `: ${printableLine(reason)}`);
