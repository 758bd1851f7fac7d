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
  | "leaver";

export interface Actor {
  readonly name: string;
  readonly persona: Persona;
  readonly roles: readonly string[];
}

const actor = (name: string, persona: Persona, roles: readonly string[] = ["agent"]): Actor => ({
  name,
  persona,
  roles,
});

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
];

/** Whom a question to an expertise finds. */
export const experts: readonly string[] = ["bob", "dan", "dora", "clay", "meg"];

export const asks: readonly string[] = ["ann", "ann", "ada", "ada", "dora", "paul", "dan"];
export const answers: readonly string[] = ["bob", "dan", "eli", "dora", "clay", "meg", "paul", "hermit", "lea"];
