import { type Agent, bridgeActor } from "../../domain/agent.ts";
import type { ElicitationFact, Jws } from "../../domain/elicitation.ts";
import { type Fact, streamOf } from "../../domain/event.ts";
import {
  type Candidate,
  type Inquiry,
  type InquiryCommand,
  type InquiryFact,
  inquiry,
  type Plan,
} from "../../domain/inquiry.ts";
import { inquiryCore, inquiryTyp } from "../../domain/inquiry-core.ts";
import type { Json } from "../../domain/json.ts";
import { problemsIn, type Refusal, refusal } from "../../domain/refusal.ts";
import { acceptSchema } from "../../schema/accept.ts";
import { checkValue } from "../../schema/check.ts";
import type { JsonSchema } from "../../schema/node.ts";
import { canonical } from "../../signing/canonical.ts";
import { base64url, sha256 } from "../../signing/digest.ts";
import type { StreamAppend } from "../log/log.ts";
import { compose, type ElicitCommands, type ElicitPorts } from "./elicit.ts";
import { type Handled, handler, type Load } from "./handle.ts";
import { type FindFirst, onceUnderKey, type UnderKey } from "./once.ts";
import { questionVerifier } from "./verify-question.ts";
import { type Caller, draft, idSource } from "./world.ts";

/** One question to several: to agents by name, or to whoever has an expertise. */
export interface Inquire {
  readonly to?: readonly string[];
  readonly expertise?: string;
  readonly message: string;
  readonly schema?: Json;
  readonly quorum?: Plan["quorum"];
  /** How many are asked at once; all that a quorum needs unless given. */
  readonly width?: number;
  readonly timeoutMs?: number;
  readonly attemptMs?: number;
  readonly hedgeMs?: number;
  /** Asked after everybody else has declined or let it expire: a human, usually. */
  readonly finally?: string;
  readonly default?: Json;
  readonly causedBy?: string;
  /** Each answer must carry a signature by its author's own key; whoever has none is not asked. */
  readonly requireEd25519?: boolean;
  /** Idempotency key: the same inquiry under the same key is made once. */
  readonly key?: string;
  /** The inquiry as its asker signed it; every attempt carries it. */
  readonly signed?: Jws;
}

export interface InquirePorts extends Omit<ElicitPorts, "lookup" | "sequences" | "observer"> {
  readonly agent: (name: string) => Agent;
  readonly load: Load<Inquiry>;
  readonly first: FindFirst;
  readonly openFrom: (asker: string) => number;
  /** Everybody but the asker who can be asked about this, best first, each with the reason. */
  readonly able: (expertise: string, asker: string) => readonly Candidate[];
  /** Why this agent cannot be asked; undefined when it can. */
  readonly unaskable: (agent: string, asker: string, requireEd25519?: boolean) => Refusal | undefined;
  /** The chain that an attempt hangs on, with the guard against loops and spent budgets. */
  readonly causeOf: ElicitCommands["causeOf"];
  /** The policy has denied to ask this agent: writes it down. */
  readonly denied: (caller: Caller, agent: string) => Promise<unknown>;
}

export interface Inquired {
  readonly ok: true;
  readonly id: string;
  readonly state: Inquiry;
}
type Refused = { readonly ok: false; readonly refusal: Refusal };
/** Where an inquiry hangs in a chain of causes. */
type Links = { readonly causedBy?: string; readonly root?: string };
type Candidates = { readonly ok: true; readonly list: readonly Candidate[]; readonly links: Links };

export const inquireCommands = (ports: InquirePorts) => {
  const { log, now, limits } = ports;
  const handle = handler<Inquiry, InquiryCommand, InquiryFact["type"], InquiryFact>(log, inquiry, ports.load);
  const verifyInquiry = questionVerifier({ now, limits, agent: ports.agent, keyOf: ports.keyOf });
  const newId = idSource(ports.rng);
  const freshIds = (count: number, time: number): string[] => Array.from({ length: count }, () => newId("el_", time));

  const run = async (id: string, command: InquiryCommand, caller: Caller, plan?: Plan): Promise<Handled<Inquiry>> => {
    const stream = streamOf.inquiry(id);
    const time = now();
    const loaded = plan ?? (await planOf(stream));
    const parties = loaded === undefined ? [] : [loaded.from];
    const correlation = loaded?.root ?? id;
    return handle(
      stream,
      command,
      (fact) => draft(fact, { stream, time, caller, parties, correlation }),
      (facts) => (loaded === undefined ? [] : facts.flatMap((fact) => attempt(id, fact, loaded, time, correlation))),
      command.type === "ask",
    );
  };

  const planOf = async (stream: string): Promise<Plan | undefined> => {
    const { state } = await ports.load(stream);
    return state.status === "none" ? undefined : state.plan;
  };

  /** To be routed and to be asked is one thing: the attempt's first event is in the same batch. */
  const attempt = (id: string, fact: Fact, plan: Plan, time: number, correlation: string): readonly StreamAppend[] => {
    if (fact.type !== "inquiry.routed") return [];
    const { elicitation, to } = fact.data;
    const accepted = acceptSchema(plan.schema);
    if (!accepted.ok) throw new Error("a schema that was accepted no longer is");
    const { signed } = plan;
    const asked = {
      from: plan.from,
      to,
      message: plan.message,
      schema: accepted.schema as Json,
      schemaHash: accepted.hash,
      deadline: Math.min(time + plan.attemptMs, plan.deadline),
      arm: ports.armOf(to),
      inquiry: id,
      root: correlation,
      ...(plan.causedBy === undefined ? {} : { causedBy: plan.causedBy }),
      ...(plan.requireEd25519 === true ? { requireEd25519: true } : {}),
      ...(signed === undefined ? {} : { signed }),
    };
    const signedHash = signed === undefined ? undefined : base64url(sha256(Buffer.from(signed.payload, "base64url")));
    const question = compose(ports, elicitation, asked, signedHash);
    const first: ElicitationFact = { type: "elicitation.asked", data: question };
    const stream = streamOf.elicitation(elicitation);
    const caller = { actor: plan.from, trace: null };
    return [
      { stream, expect: -1, events: [draft(first, { stream, time, caller, parties: [plan.from, to], correlation })] },
    ];
  };

  const once = onceUnderKey(ports.first);
  /** Signed again, at another second, it is the same inquiry. */
  const ask = ({ key, signed, ...request }: Inquire, caller: Caller): Promise<Inquired | Refused> =>
    once(
      caller.actor,
      key,
      request,
      (under) => askOnce({ ...request, ...(signed === undefined ? {} : { signed }) }, under, caller),
      async ({ id }) => ({ ok: true, id, state: (await ports.load(streamOf.inquiry(id))).state }),
    );

  const askOnce = async (
    request: Inquire,
    under: UnderKey | undefined,
    caller: Caller,
  ): Promise<Inquired | Refused> => {
    const time = now();
    const planned = await planFor(request, caller, time);
    if (!planned.ok) return planned;
    const forged = await misSigned(request, caller, under?.key, planned.schemaHash);
    if (forged !== undefined) return forged;
    const plan = { ...planned.plan, ...under };
    const id = newId("iq_", time);
    const ids = freshIds(plan.candidates.length, time);
    const outcome = await run(id, { type: "ask", plan, ids }, caller, plan);
    return outcome.ok ? { ok: true, id, state: outcome.state } : outcome;
  };

  const misSigned = async (
    request: Inquire,
    caller: Caller,
    underKey: string | undefined,
    schema: string,
  ): Promise<Refused | undefined> => {
    const from = caller.actor;
    if (request.signed === undefined) return undefined;
    const defaultHash = request.default === undefined ? null : base64url(sha256(canonical(request.default)));
    const verified = await verifyInquiry(request.signed, from, {
      typ: inquiryTyp,
      key: underKey,
      core: (key) => inquiryCore(ports.audience, from, { ...request, key }, { schema, default: defaultHash }, 0),
    });
    if (verified.ok) return undefined;
    await ports.violation(caller, verified.refusal, streamOf.agent(from));
    return verified;
  };

  const planFor = async (
    request: Inquire,
    caller: Caller,
    time: number,
  ): Promise<{ readonly ok: true; readonly plan: Plan; readonly schemaHash: string } | Refused> => {
    const from = caller.actor;
    if ((request.to === undefined) === (request.expertise === undefined)) {
      return no("invalid_input", "give either `to` (names) or `expertise`");
    }
    if (ports.openFrom(from) >= limits.inquiriesPerAskerMax) {
      return no("too_many_open", `you have ${limits.inquiriesPerAskerMax} inquiries open`);
    }
    const accepted = acceptSchema(request.schema ?? {});
    if (!accepted.ok) {
      const problems = accepted.problems.map((p) => ({ ...p, pointer: `/schema${p.pointer}` }));
      return {
        ok: false,
        refusal: refusal("schema_invalid", problemsIn("the schema", problems), { problems }),
      };
    }
    if (request.default !== undefined) {
      const wrong = checkValue(accepted.schema as JsonSchema, request.default);
      if (wrong.length > 0) {
        const problems = wrong.map((p) => ({ ...p, pointer: `/default${p.pointer}` }));
        return { ok: false, refusal: refusal("invalid_input", "the default does not fit the schema", { problems }) };
      }
    }
    const candidates = await candidatesFor(request, caller);
    if (!candidates.ok) return candidates;
    const quorum = request.quorum ?? { kind: "first", count: 1 };
    const needed = quorum.kind === "first" ? quorum.count : candidates.list.length;
    if (needed > candidates.list.length) {
      return no(
        "invalid_input",
        `a quorum of ${needed} needs at least as many to ask; there are ${candidates.list.length}`,
      );
    }
    return {
      ok: true,
      schemaHash: accepted.hash,
      plan: {
        from,
        ...(request.expertise === undefined ? {} : { expertise: request.expertise }),
        candidates: candidates.list,
        quorum,
        width: Math.min(request.width ?? needed, candidates.list.length),
        message: request.message,
        schema: accepted.schema as Json,
        deadline: time + (request.timeoutMs ?? limits.timeoutMsDefault),
        attemptMs: request.attemptMs ?? Math.min(limits.attemptMsDefault, request.timeoutMs ?? limits.timeoutMsDefault),
        ...(request.hedgeMs === undefined ? {} : { hedgeMs: request.hedgeMs }),
        hasDefault: request.default !== undefined,
        ...(request.default === undefined ? {} : { default: request.default }),
        ...candidates.links,
        ...(request.requireEd25519 === true ? { requireEd25519: true } : {}),
        ...(request.signed === undefined ? {} : { signed: request.signed }),
      },
    };
  };

  /**
   * In the order in which they will be asked. Whoever was named and cannot be asked is a reason to refuse; of those who
   * are only known for an expertise, they are passed over.
   */
  const candidatesFor = async (request: Inquire, caller: Caller): Promise<Candidates | Refused> => {
    const from = caller.actor;
    const { requireEd25519 = false, causedBy, expertise } = request;
    const isLast = (agent: string): boolean => agent === request.finally;
    const named = (request.to ?? [])
      .filter((agent) => !isLast(agent))
      .map((agent) => ({ agent, why: "named by the asker" }));
    const last =
      request.finally === undefined ? [] : [{ agent: request.finally, why: "asked when nobody else answered" }];
    const must = [...named, ...last];
    if (new Set(must.map(({ agent }) => agent)).size < must.length) {
      return no("invalid_input", "`to` names an agent twice");
    }
    if (must.length > limits.candidatesMax) return no("invalid_input", `at most ${limits.candidatesMax} can be asked`);

    let links: Links = {};
    const barred = async (agent: string): Promise<Refusal | undefined> => {
      const away = ports.unaskable(agent, from, requireEd25519);
      if (away !== undefined || causedBy === undefined) return away;
      const cause = await ports.causeOf(causedBy, from, agent);
      if (cause.ok) links = cause.links;
      return cause.ok ? undefined : cause.refusal;
    };
    for (const { agent } of must) {
      const why = await barred(agent);
      if (why?.code === "forbidden") await ports.denied(caller, agent);
      if (why !== undefined) return { ok: false, refusal: why };
    }
    const able: Candidate[] = [];
    let passedOver: Refusal | undefined;
    for (const known of expertise === undefined ? [] : ports.able(expertise, from)) {
      if (able.length + must.length === limits.candidatesMax) break;
      if (isLast(known.agent)) continue;
      const why = await barred(known.agent);
      if (why === undefined) able.push(known);
      else passedOver ??= why;
    }
    if (expertise === undefined || able.length > 0) return { ok: true, list: [...named, ...able, ...last], links };
    if (passedOver === undefined) return no("nobody_able", `nobody who can be asked knows ${expertise}`);
    if (passedOver.code !== "own_key_missing") return { ok: false, refusal: passedOver };
    return no("nobody_able", `nobody with a key of its own knows ${expertise}`);
  };

  return {
    ask,
    /** `answer` is the signed answer if the attempt was accepted. */
    hear: (id: string, elicitation: string, how: Extract<InquiryCommand, { type: "hear" }>["how"], answer?: Jws) => {
      const content = answer === undefined ? "" : contentHash(answer);
      return run(id, { type: "hear", elicitation, how, content, ids: freshIds(limits.candidatesMax, now()) }, byBridge);
    },
    hedge: (id: string) => run(id, { type: "hedge", ids: freshIds(1, now()) }, byBridge),
    cancel: (id: string, caller: Caller) => run(id, { type: "cancel", by: caller.actor }, caller),
    expire: (id: string) => run(id, { type: "expire", now: now() }, byBridge),
  };
};

export type InquireCommands = ReturnType<typeof inquireCommands>;

/** Two answers say the same thing when the canonical form of their content is the same. */
const contentHash = (answer: Jws): string => {
  const core = JSON.parse(Buffer.from(answer.payload, "base64url").toString("utf8")) as { readonly content: Json };
  return base64url(sha256(canonical(core.content)));
};

const byBridge: Caller = { actor: bridgeActor, trace: null };
const no = (code: Refusal["code"], detail: string): Refused => ({ ok: false, refusal: refusal(code, detail) });
