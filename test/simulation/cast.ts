import type { AgentKind } from "../../src/domain/agent.ts";

/** How an agent behaves. `client`: through the real client library; the others speak JSON-RPC by hand, badly if need be. */
export type Persona =
  | "client asker"
  | "client answerer"
  | "client watcher"
  | "asker"
  | "answerer"
  | "slow answerer"
  | "two sessions"
  | "claimer"
  | "mender"
  | "poller"
  | "watcher"
  | "forger"
  | "hermit"
  | "leaver"
  /** Its credential is a key of its own: it enrols, signs in, and signs what it asks and answers twice. */
  | "client with a key"
  /** Whoever leads rollouts and rollbacks: connects only while a controller runs. */
  | "operator"
  /** A human administrator, who alone ends an emergency. */
  | "person";

export interface Actor {
  readonly name: string;
  readonly persona: Persona;
  readonly roles: readonly string[];
  readonly kind: AgentKind;
}

const actor = (
  name: string,
  persona: Persona,
  roles: readonly string[] = ["agent"],
  kind: AgentKind = "ai",
): Actor => ({ name, persona, roles, kind });

export const cast: readonly Actor[] = [
  actor("ann", "client asker"),
  actor("bob", "client answerer"),
  actor("cleo", "client watcher", ["agent", "auditor"]),
  actor("ada", "asker"),
  actor("dan", "answerer"),
  actor("eli", "slow answerer"),
  actor("dora", "two sessions"),
  actor("clay", "claimer"),
  actor("meg", "mender"),
  actor("paul", "poller"),
  actor("wim", "watcher", ["agent", "auditor"]),
  actor("fox", "forger"),
  /** Registered, and never there. */
  actor("hermit", "hermit"),
  /** Revoked some time during a run. */
  actor("lea", "leaver"),
  actor("kate", "client with a key"),
  actor("olga", "operator", ["system", "admin"], "service"),
  actor("otto", "operator", ["system", "admin"], "service"),
  actor("petra", "person", ["admin"], "human"),
];

/** Each leads at most one controller at a time. */
export const operators = ["olga", "otto"] as const;
export type OperatorName = (typeof operators)[number];
export const PERSON = "petra";
export const KEY_HOLDER = "kate";

/** Whom a question to an expertise finds. */
export const experts: readonly string[] = ["bob", "dan", "dora", "clay", "meg"];

export const asks: readonly string[] = ["ann", "ann", "ada", "ada", "dora", "paul", "dan", "kate"];
export const answers: readonly string[] = ["bob", "dan", "eli", "dora", "clay", "meg", "paul", "hermit", "lea", "kate"];
