import { answerTyp, type Offer, readAnswerCore, requestCore } from "../domain/answer.ts";
import type { Jws, Question } from "../domain/elicitation.ts";
import type { Exchange, ExchangeEvent, ExchangeKey } from "../domain/exchange.ts";
import { attemptProblems, inquiryTyp } from "../domain/inquiry-core.ts";
import type { Json } from "../domain/json.ts";
import { isSuspect, type KeyHistory, keyStateAt, signs } from "../domain/key.ts";
import { questionCore, questionProblems, questionTyp } from "../domain/question.ts";
import { checkValue } from "../schema/check.ts";
import type { JsonSchema } from "../schema/node.ts";
import { canonical } from "../signing/canonical.ts";
import { verifyCheckpoint } from "../signing/checkpoint.ts";
import { base64url, sha256 } from "../signing/digest.ts";
import { verifyJws } from "../signing/jws.ts";
import { publicKeyFromJwk, thumbprint, type VerifyKey } from "../signing/keys.ts";
import { leafHash } from "../signing/merkle.ts";
import { type NoteVerifier, verifierOf } from "../signing/note.ts";
import { verifyInclusion } from "../signing/proof.ts";

/** One thing that was looked at. `not run`: it cannot be checked with what there is, and `says` what would be needed. */
export interface Check {
  readonly name: string;
  readonly verdict: "holds" | "fails" | "not run";
  readonly says: string;
}

export interface VerifyOptions {
  /** C2SP verifier key of the log, had from elsewhere; absent: the one in the exchange, which proves less. */
  readonly logKey?: string;
  /** Key ids (RFC 7638 thumbprints) had from the agents themselves; absent: the bridge is believed about whose they are. */
  readonly kids?: readonly string[];
  /** The question as the verifier was given it, if it is the one who was asked. */
  readonly offer?: Offer;
  /** MAC keys that the verifier holds: its own, if it is a party. */
  readonly macs?: readonly { readonly kid: string; readonly secret: Uint8Array }[];
}

/** Checks an exchange with nothing but what is in it and what the caller trusts. Never throws, whatever it is given. */
export const verifyExchange = (given: unknown, options: VerifyOptions = {}): readonly Check[] => {
  try {
    const exchange = given as Exchange;
    if (exchange.v !== 1 || exchange.typ !== "lighthouse.exchange") {
      return [fails("form", "this is no exchange of version 1")];
    }
    return checksOf(exchange, options);
  } catch {
    return [fails("form", "this is not an exchange, or it was damaged")];
  }
};

const checksOf = (exchange: Exchange, options: VerifyOptions): readonly Check[] => {
  const records = new Map<string, Placed>();
  const log = logChecks(exchange, options, records);
  const asked = records.get("elicitation.asked");
  const end = records.get("elicitation.accepted") ?? records.get("elicitation.declined");
  const keys = keyChecks(
    exchange,
    options,
    log.every(({ verdict }) => verdict === "holds"),
  );
  return [
    ...log,
    ...keys,
    ...questionChecks(exchange, asked, options),
    ...(exchange.answer === undefined
      ? [unanswered(end)]
      : answerChecks(exchange, exchange.answer, asked, end, options)),
  ];
};

const unanswered = (end: Placed | undefined): Check =>
  end === undefined
    ? notRun("answer", "there is no answer: the question is open, was taken back, or nobody answered in time")
    : fails("answer", "the log has an answer, and the exchange leaves it out");

interface Placed {
  readonly position: number;
  readonly time: number;
  readonly stream: string;
  readonly actor: string;
  readonly data: { readonly [name: string]: unknown };
}

const logChecks = (exchange: Exchange, options: VerifyOptions, records: Map<string, Placed>): readonly Check[] => {
  const { log, elicitation } = exchange;
  if (log === undefined) return [notRun("log", "the exchange has no proofs: the bridge's log signs no checkpoints")];
  const verifier = verifierOf(options.logKey ?? log.key);
  if (verifier === undefined) return [fails("log", "the log's key is not a C2SP verifier key")];
  const whose = options.logKey === undefined ? "a key that came with the exchange" : "the key you gave";
  const checks = log.events.map((event) => {
    const record = JSON.parse(event.record) as Placed & { readonly type: string };
    const isOurs = record.stream === `elicitation/${elicitation}`;
    if (isOurs) records.set(record.type, { ...record, position: event.position });
    const why = misplaced(event, verifier);
    const name = `log: ${record.type} at ${event.position}`;
    return why === undefined ? holds(name, `in the log of ${verifier.name}, signed with ${whose}`) : fails(name, why);
  });
  return records.has("elicitation.asked") ? checks : [...checks, fails("log", "the question's record is not there")];
};

const misplaced = ({ position, record, path, checkpoint }: ExchangeEvent, key: NoteVerifier): string | undefined => {
  const signed = verifyCheckpoint(checkpoint, [key]);
  if (!signed.ok) return `the checkpoint does not hold: ${signed.reason}`;
  const { size, root } = signed.checkpoint;
  const hashes = path.map((hash) => Buffer.from(hash, "base64"));
  return verifyInclusion(position - 1, size, leafHash(record), hashes, root)
    ? undefined
    : "the record is not what stands there in the log";
};

/** An own key names itself: its id is the hash of what it is. Whose it is, only its agent or the bridge can say. */
const keyChecks = ({ keys, log }: Exchange, { kids }: VerifyOptions, isLogged: boolean): readonly Check[] =>
  keys.flatMap((key) => {
    const { kid, agent, jwk, alg } = key;
    const name = `key ${kid}`;
    if (!arePlaces(key)) return fails(name, "its places in the log are not places");
    if (jwk === undefined) return alg === "HS256" ? [] : fails(name, "its public half is not there");
    if (publicKeyFromJwk(jwk) === undefined || thumbprint(jwk) !== kid) return fails(name, "is not the key of that id");
    const at = isLogged ? enrolledAt(log?.events ?? [], kid, agent) : undefined;
    if (at !== undefined && at !== key.added.position) {
      return fails(name, `was added at position ${at} of the log, and not at ${key.added.position}`);
    }
    const word = at === undefined ? "as the bridge says" : "as its enrolment in the log says";
    if (kids === undefined) return holds(name, `is ${agent}'s, ${word}; compare it with ${agent}`);
    return kids.includes(kid)
      ? holds(name, `is ${agent}'s, as you have it too`)
      : fails(name, `is not among the keys you trust, and signed for ${agent}`);
  });

const arePlaces = ({ added, active, retiring, revoked }: ExchangeKey): boolean =>
  [
    ...[added, active, retiring, revoked].flatMap((place) => (place === undefined ? [] : [place.position, place.time])),
    ...(retiring === undefined ? [] : [retiring.until]),
    ...(revoked?.compromisedSince === undefined ? [] : [revoked.compromisedSince]),
  ].every(Number.isSafeInteger);

/** The place of its enrolment, among the records that are there. */
const enrolledAt = (events: readonly ExchangeEvent[], kid: string, agent: string): number | undefined =>
  events.find((event) => {
    const { stream, type, data } = JSON.parse(event.record) as Placed & { readonly type: string };
    const isOfKeys = type === "agent.enrolled" || type === "agent.key_added";
    return isOfKeys && stream === `agent/${agent}` && data["kid"] === kid;
  })?.position;

const questionChecks = (exchange: Exchange, asked: Placed | undefined, options: VerifyOptions): readonly Check[] => {
  if (asked === undefined) return [];
  const question = asked.data as unknown as Question;
  const { requestHash, schemaHash, signed, from } = question;
  const signedHash = signed === undefined ? undefined : hashOfPayload(signed);
  const core = requestCore(exchange.audience, exchange.elicitation, question, signedHash);
  const isWhole = hash(canonical(core)) === requestHash && hash(canonical(question.schema)) === schemaHash;
  const bound = isWhole
    ? holds("question: hashes", "what was asked is what the answer is bound to")
    : fails("question: hashes", "what was asked is not what its hashes say");
  const given = givenChecks(question, options.offer);
  if (signed === undefined) {
    return [
      ...given,
      bound,
      notRun("question: signature", `${from} signs no questions; who asked is the bridge's word`),
    ];
  }
  const typ = question.inquiry === undefined ? questionTyp : inquiryTyp;
  const checked = signatures(exchange, signed, typ, from, asked, options, "question");
  const differs = [
    ...(question.inquiry === undefined
      ? differsFromQuestion(exchange, question, signed)
      : attemptProblems(payloadOf(signed), exchange.audience, question)),
    ...(isLonger(signed, question, asked) ? ["/timeoutMs"] : []),
    ...(same(exchange.question, signed) ? [] : ["the envelope"]),
  ];
  const what = question.inquiry === undefined ? "" : ", as an attempt of its inquiry";
  return [
    ...given,
    bound,
    ...checked,
    differs.length === 0
      ? holds("question: words", `what was asked is what its asker signed${what}`)
      : fails("question: words", `what was asked is not what its asker signed${what}: ${differs.join(", ")}`),
  ];
};

/** What this very target was given, member by member of what its answer is bound to. */
const givenChecks = (question: Question, offer: Offer | undefined): readonly Check[] => {
  if (offer === undefined) return [];
  const names = ["from", "to", "message", "schemaHash", "requestHash", "challenge", "deadline"] as const;
  const differs: readonly string[] = [
    ...names.filter((name) => question[name] !== offer[name]),
    ...(same(question.schema, offer.schema) ? [] : ["schema"]),
  ];
  return differs.length === 0
    ? [holds("question: given", "what you were given is what the log has")]
    : [fails("question: given", `what you were given is not what the log has: ${differs.join(", ")}`)];
};

/** Only its asker says how long a question may stay open. */
const isLonger = (signed: Jws, { deadline, inquiry }: Question, { time }: Placed): boolean => {
  const { timeoutMs, attemptMs } = payloadOf(signed) as { readonly timeoutMs?: unknown; readonly attemptMs?: unknown };
  const allowedMs = inquiry === undefined ? timeoutMs : (attemptMs ?? timeoutMs);
  return typeof allowedMs === "number" && deadline - time > allowedMs;
};

const differsFromQuestion = (exchange: Exchange, question: Question, signed: Jws): readonly string[] => {
  const { key = "" } = question;
  const ask = { ...question, key } as Question & { readonly key: string };
  const payload = payloadOf(signed) as { readonly timeoutMs?: number | null; readonly iat?: number };
  const expected = questionCore(
    exchange.audience,
    question.from,
    { ...ask, ...(typeof payload.timeoutMs === "number" ? { timeoutMs: payload.timeoutMs } : {}) },
    question.schemaHash,
    payload.iat ?? 0,
  );
  return questionProblems(payload, expected).map(({ pointer }) => pointer);
};

const answerChecks = (
  exchange: Exchange,
  answer: Jws,
  asked: Placed | undefined,
  end: Placed | undefined,
  options: VerifyOptions,
): readonly Check[] => {
  const read = readAnswerCore(payloadOf(answer), exchange.audience);
  if (!read.ok) return [fails("answer: form", read.problems.map((p) => `${p.pointer} ${p.message}`).join("; "))];
  const { core } = read;
  if (asked === undefined || end === undefined) {
    return [notRun("answer", "without the records of question and answer there is nothing to hold it against")];
  }
  const question = asked.data as unknown as Question;
  const wrong = (
    [
      ["eid", exchange.elicitation],
      ["req", question.requestHash],
      ["schema", question.schemaHash],
      ["challenge", question.challenge],
      ["from", question.to],
      ["to", question.from],
    ] as const
  ).filter(([name, value]) => core[name] !== value);
  const isRecorded = same((end.data as { readonly answer?: Jws }).answer, answer);
  const problems = core.action === "accept" ? checkValue(question.schema as JsonSchema, core.content) : [];
  return [
    ...signatures(exchange, answer, answerTyp, question.to, end, options, "answer"),
    wrong.length === 0
      ? holds("answer: question", "is bound to this question, its words, its schema and its challenge")
      : fails("answer: question", `differs from the question in ${wrong.map(([name]) => name).join(", ")}`),
    isRecorded
      ? holds("answer: record", "is the one that the log has, byte for byte")
      : fails("answer: record", "is not the one that the log has"),
    problems.length === 0
      ? holds(
          "answer: schema",
          core.action === "accept" ? "fits what was asked for" : "declines, so there is no content",
        )
      : fails(
          "answer: schema",
          `does not fit what was asked for: ${problems.map((p) => `${p.pointer} ${p.message}`).join("; ")}`,
        ),
  ];
};

/** Every signature of an envelope by itself: which can be checked, which hold, and what the key was worth then. */
const signatures = (
  { keys, macs }: Exchange,
  jws: Jws,
  typ: string,
  by: string,
  at: Placed,
  options: VerifyOptions,
  of: "question" | "answer",
): readonly Check[] => {
  const own: Check[] = [];
  const known = new Map(keys.map((key) => [key.kid, key]));
  for (const signature of jws.signatures) {
    const { kid, alg } = JSON.parse(Buffer.from(signature.protected, "base64url").toString("utf8")) as Header;
    const name = `${of}: ${alg} by ${kid}`;
    const key = known.get(kid);
    const verifyKey = keyOf(kid, key, options);
    if (key === undefined || key.agent !== by) own.push(fails(name, `is no key of ${by}`));
    else if (verifyKey === undefined && alg !== "HS256") own.push(fails(name, "its public key is not there"));
    else if (verifyKey === undefined)
      own.push(notRun(name, macWord(macs.find((mac) => mac.kid === kid && mac.of === of))));
    else {
      const held = verifyJws({ payload: jws.payload, signatures: [signature] }, () => verifyKey, typ);
      own.push(held.ok ? worth(name, key, at) : fails(name, held.reason));
    }
  }
  return own;
};

interface Header {
  readonly kid: string;
  readonly alg: string;
}

const keyOf = (kid: string, key: ExchangeKey | undefined, { macs }: VerifyOptions): VerifyKey | undefined => {
  if (key?.jwk !== undefined) {
    const publicKey = publicKeyFromJwk(key.jwk);
    return publicKey === undefined || thumbprint(key.jwk) !== kid ? undefined : { alg: "Ed25519", kid, publicKey };
  }
  const mac = macs?.find((one) => one.kid === kid);
  return mac === undefined ? undefined : { alg: "HS256", kid, secret: mac.secret };
};

const macWord = (mac: Exchange["macs"][number] | undefined): string =>
  "only the agent and the bridge hold that key, so nobody else can check it" +
  (mac === undefined ? "" : `; the bridge says that it ${mac.holds ? "holds" : "DOES NOT HOLD"}`);

/** What the key was worth at the event's place in the log, never what it is worth now. */
const worth = (name: string, key: ExchangeKey, { position, time }: Placed): Check => {
  const history: KeyHistory = {
    kid: key.kid,
    agent: key.agent,
    material: { alg: "HS256", epoch: 0 },
    added: key.added,
    active: key.active ?? null,
    retiring: key.retiring ?? null,
    revoked:
      key.revoked === undefined ? null : { ...key.revoked, compromisedSince: key.revoked.compromisedSince ?? null },
  };
  const state = keyStateAt(history, { position, time });
  if (!signs(state)) return fails(name, `the signature holds, but at position ${position} the key was ${state}`);
  return isSuspect(history, position)
    ? fails(name, `the signature holds, but the key counts as stolen from position ${key.revoked?.compromisedSince} on`)
    : holds(name, `the key was ${state} at position ${position}, as far as this exchange says`);
};

const payloadOf = (jws: Jws): Json => JSON.parse(Buffer.from(jws.payload, "base64url").toString("utf8")) as Json;
const hashOfPayload = (jws: Jws): string => base64url(sha256(Buffer.from(jws.payload, "base64url")));
const hash = (text: string): string => base64url(sha256(text));
const same = (a: unknown, b: unknown): boolean => a !== undefined && canonical(a) === canonical(b);

const holds = (name: string, says: string): Check => ({ name, verdict: "holds", says });
const fails = (name: string, says: string): Check => ({ name, verdict: "fails", says });
const notRun = (name: string, says: string): Check => ({ name, verdict: "not run", says });
