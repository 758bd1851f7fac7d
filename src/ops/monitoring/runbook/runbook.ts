/** What a person does who was called. One for every alert; the text that is particular to it. */
export interface Runbook {
  /** What is so, in a sentence or two. */
  readonly meaning: string;
  /** Who notices what, as long as nobody does anything. */
  readonly impact: string;
  readonly diagnosis: readonly Step[];
  readonly mitigation: readonly Step[];
  /** When a change is to be taken back, and which. */
  readonly rollback: string;
}

/** One thing to do, and the command for it, when there is one. Commands read their places from the environment. */
export interface Step {
  readonly say: string;
  readonly run?: string;
}
