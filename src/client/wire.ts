import type { AgentKind } from "../domain/agent.ts";
import type { Offer } from "../domain/answer.ts";
import type { Jws } from "../domain/elicitation.ts";
import type { Json } from "../domain/json.ts";
import type { PublicJwk } from "../domain/key.ts";

/** What the bridge sends, as a client reads it. A test holds these against the schemas that the bridge serves. */

export type OpenStatus = "asked" | "offered" | "claimed";
export type EndStatus = "accepted" | "declined" | "cancelled" | "expired";

/** An elicitation of yours; once it has ended, with its one outcome. */
export interface ElicitationView {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly message: string;
  readonly schema: Json;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly status: OpenStatus | EndStatus;
  /** Place of its newest event in the log. */
  readonly position: number;
  /** What was accepted. */
  readonly content?: Json;
  /** Why it was declined or cancelled. */
  readonly reason?: string;
  /** The signed answer, unchanged. */
  readonly answer?: Jws;
  readonly causedBy?: string;
  readonly answersRefused?: number;
  /** The answer must carry a signature by the target's own key. */
  readonly requireEd25519?: boolean;
}

/** What is true about reaching an agent now: a live connection, or only a place in its inbox. */
export type Reach = (
  | { readonly state: "reachable" }
  | { readonly state: "queued"; readonly lastSeen: number }
  | { readonly state: "never_seen" }
) & {
  /** The way by which it can be expected to learn of a question; measured. `none`: nothing was ever offered to it. */
  readonly class?: "live" | "hook" | "webhook" | "mcp" | "poll" | "none";
  /** What the log has to show for it: the latest offer, and when it last claimed or answered one. */
  readonly proof?: { readonly via: string; readonly offeredAt: number; readonly heardAt: number | null };
  /** What came of the latest canary: `none` says that there was no way on which an answer could come back. */
  readonly ping?: {
    readonly at: number;
    readonly via: "websocket" | "webhook" | "none";
    readonly ok: boolean;
    readonly says: string;
    readonly tookMs: number;
  };
};

export interface Asked {
  readonly id: string;
  readonly deadline: number;
  readonly status: OpenStatus | EndStatus;
  readonly reach: Reach;
  /** True when the key had been used for this same question before. */
  readonly repeated: boolean;
}

export interface InboxItem {
  readonly offer: Offer;
  readonly position: number;
  readonly status: string;
}

export interface ReceiptStep {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly position: number;
  readonly what: string;
}

export interface Receipt {
  readonly elicitation: string;
  readonly steps: readonly ReceiptStep[];
  /** What is true about reaching its target now, while it is open. */
  readonly reach?: Reach;
}

export interface ListedAgent {
  readonly name: string;
  readonly kind: AgentKind;
  readonly roles: readonly string[];
  readonly expertise: readonly string[];
  readonly status: "invited" | "active" | "suspended" | "revoked";
  readonly reach: Reach;
}

/** The reply to an invitation. */
export interface Invited {
  readonly agent: string;
  /** `lhe_…`, good once. */
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
  readonly audience: string;
}

interface KeyPlace {
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** A key and what it was worth at each place of the log; nothing of it is secret. */
export interface AgentKeyView {
  readonly kid: string;
  readonly agent: string;
  readonly alg: "Ed25519" | "HS256";
  readonly jwk?: PublicJwk;
  /** Of the master secret that a MAC key derives from. */
  readonly epoch?: number;
  readonly state: "pending" | "active" | "retiring" | "retired" | "revoked";
  readonly added: KeyPlace;
  readonly active?: KeyPlace;
  readonly retiring?: KeyPlace & { readonly until: number };
  readonly revoked?: KeyPlace & { readonly reason: string; readonly compromisedSince?: number };
}

/** One agent in full. */
export interface ShownAgent extends ListedAgent {
  /** Why it was suspended or revoked. */
  readonly reason?: string;
  readonly invitedUntil?: number;
  readonly keys: readonly AgentKeyView[];
}

/** A shortfall that a review found, and what became of it. Times in milliseconds since 1970. */
export interface ConditionView {
  readonly id: string;
  readonly check: string;
  readonly title: string;
  readonly severity: "blocker" | "major" | "minor";
  readonly review: string;
  readonly what: string;
  readonly standing: "open" | "acknowledged" | "claimed" | "waived" | "closed" | "overdue";
  readonly openedAt: number;
  readonly due: number;
  readonly owner?: string;
  readonly claim?: {
    readonly by: string;
    readonly at: number;
    readonly note: string;
    readonly evidence: readonly string[];
  };
  readonly waiver?: { readonly by: string; readonly reason: string; readonly until: number };
  readonly run?: { readonly digest: string; readonly ranAt: number; readonly prober: string };
  /** Places of its events in the log, oldest first. */
  readonly positions: readonly number[];
}

/** One question to several, and what came of it. */
export interface InquiryView {
  readonly id: string;
  readonly from: string;
  readonly message: string;
  readonly schema: Json;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly status: "open" | "agreed" | "default" | "failed" | "cancelled";
  readonly attempts: readonly {
    readonly elicitation: string;
    readonly to: string;
    /** Why this agent was chosen. */
    readonly why: string;
    readonly outcome: "open" | "accepted" | "declined" | "cancelled" | "expired" | "lapsed";
  }[];
  /** The answers that concluded it. */
  readonly answers: readonly { readonly elicitation: string; readonly from: string; readonly content: Json }[];
  /** The declared default, when nobody's answer concluded it. */
  readonly default?: Json;
}

/** One event of the log under its CloudEvents 1.0 attributes. */
export interface LogEvent {
  readonly specversion: "1.0";
  /** `stream@revision` */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** The stream. */
  readonly subject: string;
  /** RFC 3339 */
  readonly time: string;
  readonly position: number;
  readonly revision: number;
  readonly actor: string;
  readonly correlation: string;
  readonly causation: string | null;
  readonly traceparent?: string;
  readonly data: Json;
}

export interface EventPage {
  readonly events: readonly LogEvent[];
  /** Cursor of the next page (`after`, or `before` going backward); null when there is no more now. */
  readonly next: number | null;
  readonly head: number;
}

/** The reply to `session.open`. */
export interface SessionOpened {
  readonly session: string;
  readonly agent: string;
  readonly audience: string;
  /** The log's newest position when pushing began. */
  readonly position: number;
  /** Questions have to be polled for: `messages.wait`. */
  readonly mailbox?: boolean;
}

/** What a poll of the mailbox returns. */
export interface Mail {
  readonly messages: readonly {
    readonly offer: Offer;
    readonly position: number;
    /** Handed out for the how manieth time. */
    readonly delivery: number;
    /** When it is handed out again unless it is acknowledged, milliseconds since 1970. */
    readonly until: number;
    readonly _meta?: { readonly traceparent?: string };
  }[];
  /** By which way this agent's next question goes. */
  readonly arm: "push" | "mailbox";
  readonly more: boolean;
}

export const isEnd = (status: OpenStatus | EndStatus): status is EndStatus =>
  status === "accepted" || status === "declined" || status === "cancelled" || status === "expired";
