import { conditionEvents } from "./event-condition.ts";
import { flagEvents } from "./event-flag.ts";
import { modeEvents } from "./event-mode.ts";
import { rolloutEvents } from "./event-rollout.ts";
import { count, object, strings, text, time } from "./event-shape.ts";
import type { FromShape, ShapeSchema } from "./json.ts";
import { pingVias } from "./ping.ts";

/**
 * Every event type there is, with its version and shape. An event is a fact in the past tense; it is appended once and
 * never changed. To change a shape, raise its version and teach `upcast.ts` to read the old one.
 */

/** A JWS in General JSON Serialization (RFC 7515 7.2.1), kept exactly as it came. */
export const jwsShape = object(
  {
    payload: text,
    signatures: {
      type: "array",
      items: object({ protected: text, signature: text }, ["protected", "signature"]),
    },
  },
  ["payload", "signatures"],
);

/** The public half of an Ed25519 key (RFC 8037). */
const jwkShape = object(
  { kty: { type: "string", enum: ["OKP"] }, crv: { type: "string", enum: ["Ed25519"] }, x: text },
  ["kty", "crv", "x"],
);

/** Keys that from here on only verify, and until when. */
const retirement = {
  retiring: { ...strings, description: "kids that from here on verify and do not sign" },
  until: { ...time, description: "when those cease to verify, milliseconds since 1970" },
} as const;

/** Done under an idempotency key: the key, and SHA-256 of the canonical request, to tell a repetition from a conflict. */
const underKey = { key: text, requestHash: text } as const;

export const agentKinds = ["ai", "human", "service"] as const;
/** By which way bytes reached an agent, strongest evidence first. */
export const offerWays = ["websocket", "sse", "poll", "hook", "webhook", "mcp"] as const;
/** The ways of delivery: down the target's connections, or from a mailbox that it polls. */
export const arms = ["push", "mailbox"] as const;
export const violationKinds = [
  "invalid_credential",
  "unauthorized_response",
  "unauthorized_cancel",
  "invalid_signature",
  "replay_attack",
  "malformed_envelope",
  "rate_limit_exceeded",
] as const;
export const severities = ["medium", "high", "critical"] as const;

export const eventTypes = {
  "agent.registered": {
    version: 1,
    shape: object(
      {
        agent: text,
        kind: { type: "string", enum: agentKinds },
        roles: strings,
        expertise: strings,
        tokenHash: { type: "string", description: "SHA-256 of the bearer credential, base64url" },
        epoch: { type: "integer", description: "epoch of the master secret that the agent's MAC key derives from" },
      },
      ["agent", "kind", "roles", "expertise", "tokenHash", "epoch"],
    ),
  },
  "agent.revoked": { version: 1, shape: object({ reason: text }, ["reason"]) },
  /** The agent showed itself. Recorded at most once per `limits.seenEveryMs`, so that "last seen" survives a restart. */
  "agent.seen": { version: 1, shape: object({ via: text }, ["via"]) },

  /** A canary was sent to an agent, and this came of it. */
  "reach.measured": {
    version: 1,
    shape: object(
      { agent: text, via: { type: "string", enum: pingVias }, ok: { type: "boolean" }, says: text, tookMs: count },
      ["agent", "via", "ok", "says", "tookMs"],
    ),
  },

  /** An operator lets an agent enrol a key of its own, once. Of an agent that exists, this changes nothing but that. */
  "agent.invited": {
    version: 1,
    shape: object(
      {
        agent: text,
        kind: { type: "string", enum: agentKinds },
        roles: strings,
        expertise: strings,
        tokenHash: { type: "string", description: "SHA-256 of the one-time enrolment token, base64url" },
        notAfter: time,
      },
      ["agent", "kind", "roles", "expertise", "tokenHash", "notAfter"],
    ),
  },
  /** The invitation is used up, and the agent has a key that only it holds. */
  "agent.enrolled": {
    version: 1,
    shape: object(
      {
        kid: { type: "string", description: "RFC 7638 thumbprint of the key" },
        jwk: jwkShape,
        epoch: { type: "integer", description: "epoch of the master secret that the agent's MAC key derives from" },
        tokenHash: { type: "string", description: "of the invitation that this used up" },
        /** With `jwk` and `tokenHash`, all that is needed to check the proof of possession again. */
        proof: object(
          { challenge: text, iat: { type: "integer", description: "seconds since 1970" }, signature: text },
          ["challenge", "iat", "signature"],
        ),
        ...retirement,
      },
      ["kid", "jwk", "epoch", "tokenHash", "proof", "retiring", "until"],
    ),
  },
  /** A key is pending: the old one says that it is to follow, and nothing is believed of it yet. */
  "agent.key_added": {
    version: 1,
    shape: object(
      {
        kid: text,
        jwk: jwkShape,
        by: { type: "string", description: "kid of the key that signed for it" },
        proof: { ...jwsShape, description: "the signed rotation" },
      },
      ["kid", "jwk", "by", "proof"],
    ),
  },
  /** The new key has shown that it is held. */
  "agent.key_activated": { version: 1, shape: object({ kid: text, ...retirement }, ["kid", "retiring", "until"]) },
  /** The agent has its MAC key of a newer epoch of the master secret. */
  "agent.mac_renewed": {
    version: 1,
    shape: object({ epoch: { type: "integer" }, ...retirement }, ["epoch", "retiring", "until"]),
  },
  /** From this position on the key signs nothing. What it signed from `compromisedSince` on is suspect. */
  "agent.key_revoked": {
    version: 1,
    shape: object(
      {
        kid: text,
        reason: text,
        compromisedSince: { type: "integer", minimum: 1, description: "position in the log; absent: never" },
      },
      ["kid", "reason"],
    ),
  },
  /** Blocked until somebody resumes it; its keys and its name stay its own. */
  "agent.suspended": { version: 1, shape: object({ reason: text }, ["reason"]) },
  "agent.resumed": { version: 1, shape: object({ reason: text }, ["reason"]) },

  /** An agent signed in with its own key. The token is in the reply to it and nowhere else. */
  "login.opened": {
    version: 1,
    shape: object(
      {
        agent: text,
        kid: { type: "string", description: "the key that signed; the login dies with it" },
        tokenHash: { type: "string", description: "SHA-256 of the reference token, base64url" },
        notAfter: time,
        idleMs: { type: "integer", description: "how long it may go unused, in milliseconds" },
      },
      ["agent", "kid", "tokenHash", "notAfter", "idleMs"],
    ),
  },
  "login.closed": { version: 1, shape: object({ reason: text }, ["reason"]) },

  /** Keys derive from a new master secret from here on. `older` epochs go on being accepted, or are revoked here. */
  "master.rotated": {
    version: 1,
    shape: object(
      {
        epoch: { type: "integer", minimum: 1 },
        /** Of every epoch up to this one: a bridge that is given other secrets for them must not start. */
        fingerprints: {
          type: "array",
          items: object(
            {
              epoch: { type: "integer", minimum: 1 },
              fingerprint: { type: "string", description: "HKDF of the secret for this purpose alone, base64url" },
            },
            ["epoch", "fingerprint"],
          ),
        },
        older: { type: "string", enum: ["accepted", "revoked"] },
        reason: text,
      },
      ["epoch", "fingerprints", "older", "reason"],
    ),
  },

  "elicitation.asked": {
    version: 1,
    shape: object(
      {
        from: text,
        to: text,
        message: text,
        schema: {},
        schemaHash: { type: "string", description: "SHA-256 of the canonical schema, base64url" },
        requestHash: { type: "string", description: "SHA-256 of the canonical request core, base64url" },
        challenge: { type: "string", description: "128 random bits that the answer must repeat, base64url" },
        deadline: time,
        key: { type: "string", description: "the asker's idempotency key" },
        causedBy: { type: "string", description: "the elicitation that led to this one" },
        root: { type: "string", description: "the first elicitation or inquiry of that chain" },
        inquiry: { type: "string", description: "the inquiry that this is an attempt of" },
        arm: { type: "string", enum: arms, description: "the way of delivery; absent in old events: push" },
        requireEd25519: {
          type: "boolean",
          description: "the answer must carry a signature by the target's own key; absent: its MAC is enough",
        },
        signed: {
          ...jwsShape,
          description:
            "what its asker signed, kept exactly as it came: the question, or the inquiry that it is an attempt of",
        },
      },
      ["from", "to", "message", "schema", "schemaHash", "requestHash", "challenge", "deadline"],
    ),
  },
  "elicitation.offered": {
    version: 1,
    shape: object(
      {
        via: { type: "string", enum: offerWays },
        session: text,
        at: time,
        until: { ...time, description: "handed out of the mailbox: when it is handed out again unless acknowledged" },
      },
      ["via", "session", "at"],
    ),
  },
  /** The target has it out of its mailbox, and need not get it again. */
  "elicitation.acknowledged": { version: 1, shape: object({ holder: text }, ["holder"]) },
  /** Handed out so often without an acknowledgement that the mailbox gives up. It can still be answered until it ends. */
  "elicitation.dead_lettered": { version: 1, shape: object({ deliveries: count }, ["deliveries"]) },
  /** A dead letter that an operator put back: it is handed out again, as if it were new. */
  "elicitation.requeued": { version: 1, shape: object({ reason: text }, ["reason"]) },
  /** A dead letter that had expired, and that an operator wants listed no more. */
  "mailbox.discarded": {
    version: 1,
    shape: object({ elicitation: text, reason: text }, ["elicitation", "reason"]),
  },
  /** Taken out of one way of delivery and put into the other. */
  "elicitation.rerouted": {
    version: 1,
    shape: object({ from: { type: "string", enum: arms }, to: { type: "string", enum: arms }, reason: text }, [
      "from",
      "to",
      "reason",
    ]),
  },
  "elicitation.claimed": {
    version: 1,
    shape: object({ holder: text, until: time }, ["holder", "until"]),
  },
  "elicitation.lapsed": { version: 1, shape: object({ holder: text, until: time }, ["holder", "until"]) },
  "elicitation.answer_refused": {
    version: 1,
    shape: object({ code: text, problems: count }, ["code", "problems"]),
  },
  "elicitation.accepted": { version: 1, shape: object({ answer: jwsShape }, ["answer"]) },
  "elicitation.declined": { version: 1, shape: object({ answer: jwsShape, reason: text }, ["answer", "reason"]) },
  "elicitation.cancelled": { version: 1, shape: object({ reason: text }, ["reason"]) },
  "elicitation.expired": { version: 1, shape: object({ deadline: time }, ["deadline"]) },

  "inquiry.asked": {
    version: 1,
    shape: object(
      {
        from: text,
        expertise: { type: "string", description: "what was asked for; absent when agents were named" },
        /** In the order in which they are asked: able, reachable and least loaded first. */
        candidates: { type: "array", items: object({ agent: text, why: text }, ["agent", "why"]) },
        quorum: {
          anyOf: [
            object({ kind: { type: "string", enum: ["first"] }, count }, ["kind", "count"]),
            object({ kind: { type: "string", enum: ["majority", "all"] } }, ["kind"]),
          ],
        },
        /** How many think at once. */
        width: { type: "integer", minimum: 1 },
        message: text,
        schema: {},
        deadline: time,
        attemptMs: { type: "integer", description: "how long one attempt may take, in milliseconds" },
        hedgeMs: { type: "integer", description: "after how long one more is asked beside it; absent: never" },
        hasDefault: { type: "boolean" },
        default: { description: "the declared answer if there is no agreement" },
        ...underKey,
        causedBy: text,
        root: text,
        requireEd25519: { type: "boolean", description: "of each answer, as of an elicitation's" },
        signed: { ...jwsShape, description: "the inquiry as its asker signed it, kept exactly as it came" },
      },
      ["from", "candidates", "quorum", "width", "message", "schema", "deadline", "attemptMs", "hasDefault"],
    ),
  },
  "inquiry.routed": {
    version: 1,
    shape: object({ elicitation: text, to: text, why: text }, ["elicitation", "to", "why"]),
  },
  "inquiry.heard": {
    version: 1,
    shape: object(
      {
        elicitation: text,
        how: { type: "string", enum: ["accepted", "declined", "cancelled", "expired", "lapsed"] },
        content: { type: "string", description: "SHA-256 of the canonical content that was accepted, or empty" },
      },
      ["elicitation", "how", "content"],
    ),
  },
  "inquiry.concluded": {
    version: 1,
    shape: object(
      { how: { type: "string", enum: ["agreed", "default", "failed", "cancelled"] }, elicitations: strings },
      ["how", "elicitations"],
    ),
  },

  /** What the policy said: every denial, and every permission that is a privilege. */
  "authorization.decided": {
    version: 1,
    shape: object(
      {
        action: text,
        resource: { type: "string", description: "the stream or agent it was about" },
        decision: { type: "string", enum: ["allow", "deny"] },
        policies: { ...strings, description: "ids of the policies that decided" },
        policyDigest: { type: "string", description: "SHA-256 of the policy text, base64url" },
      },
      ["action", "resource", "decision", "policies", "policyDigest"],
    ),
  },
  ...flagEvents,
  ...modeEvents,
  /** A person lets a story go on. */
  "budget.reset": { version: 1, shape: object({ story: text, reason: text }, ["story", "reason"]) },

  "security.violation": {
    version: 1,
    shape: object(
      {
        kind: { type: "string", enum: violationKinds },
        severity: { type: "string", enum: severities },
        code: { type: "string", description: "the refusal that the actor got" },
        subject: { type: "string", description: "the stream that was attacked" },
      },
      ["kind", "severity", "code", "subject"],
    ),
  },

  ...rolloutEvents,
  ...conditionEvents,

  "bridge.started": {
    version: 1,
    shape: object({ version: text, openElicitations: count }, ["version", "openElicitations"]),
  },
  "bridge.stopped": { version: 1, shape: object({ reason: text }, ["reason"]) },

  /** Where an agent's questions are posted to. Its secret is derived, and in no event. */
  "webhook.set": {
    version: 1,
    shape: object(
      {
        url: text,
        salt: { type: "string", description: "128 random bits that its secret is derived with, base64url" },
        epoch: { type: "integer", description: "epoch of the master secret that it derives from; absent: 1" },
      },
      ["url", "salt"],
    ),
  },
  "webhook.removed": { version: 1, shape: object({ reason: text }, ["reason"]) },

  /** An application's own fact, under a name in its own namespace. Same door, same guarantees. */
  custom: { version: 1, shape: object({ name: text, payload: {}, ...underKey }, ["name", "payload"]) },
} as const satisfies { readonly [type: string]: { readonly version: number; readonly shape: ShapeSchema } };

export type EventTypeName = keyof typeof eventTypes;
export type EventData<T extends EventTypeName> = FromShape<(typeof eventTypes)[T]["shape"]>;

/** A fact as a decider states it: what happened, nothing about when, who or where. */
export type Fact<T extends EventTypeName = EventTypeName> = {
  readonly [K in T]: { readonly type: K; readonly data: EventData<K> };
}[T];

/** What surrounds every fact in the log. */
export interface EventContext {
  /**
   * `agent/<id>`, `elicitation/<id>`, `inquiry/<id>`, `custom/<name>`, `security/<agent>`, `webhook/<agent>`, `login/<id>`,
   * `budget/<story>`, `condition/<id>`, `census`, `flag/<name>`, `mode`, `rollout`, `rollback`, `master` or `bridge`.
   */
  readonly stream: string;
  readonly version: number;
  /** Milliseconds since 1970; never decreases along the log, whatever the wall clock does. */
  readonly time: number;
  /** Who caused it: an agent's id, or `bridge`. */
  readonly actor: string;
  /** Whose business it is. Reads are private to these and to auditors; empty means everybody's. */
  readonly parties: readonly string[];
  /** The first elicitation of the story this belongs to, or the stream itself. */
  readonly correlation: string;
  /** Id (`stream@revision`) of the event that led to this one. */
  readonly causation: string | null;
  /** W3C `traceparent`. */
  readonly trace: string | null;
}

/** An event on its way into the log. */
export type Draft<T extends EventTypeName = EventTypeName> = Fact<T> & EventContext;

/** An event that is on disk: it has a place in the one total order (1, 2, 3 …) and in its stream (0, 1, 2 …). */
export type Recorded<T extends EventTypeName = EventTypeName> = Draft<T> & {
  readonly position: number;
  readonly revision: number;
};

/** Unique for ever and the same after any rebuild, because an event's place in its stream never changes. */
export const eventId = (event: { readonly stream: string; readonly revision: number }): string =>
  `${event.stream}@${event.revision}`;

export const streamOf = {
  agent: (id: string): string => `agent/${id}`,
  elicitation: (id: string): string => `elicitation/${id}`,
  inquiry: (id: string): string => `inquiry/${id}`,
  custom: (name: string): string => `custom/${name}`,
  security: (agent: string): string => `security/${agent}`,
  budget: (story: string): string => `budget/${story}`,
  mailbox: (agent: string): string => `mailbox/${agent}`,
  webhook: (agent: string): string => `webhook/${agent}`,
  reach: (agent: string): string => `reach/${agent}`,
  login: (id: string): string => `login/${id}`,
  flag: (name: string): string => `flag/${name}`,
  mode: "mode",
  master: "master",
  condition: (id: string): string => `condition/${id}`,
  census: "census",
  rollout: "rollout",
  rollback: "rollback",
  bridge: "bridge",
} as const;

/** The id within a stream name: `elicitation/el_1` → `el_1`. */
export const idOf = (stream: string): string => stream.slice(stream.indexOf("/") + 1);
