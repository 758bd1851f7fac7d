import type { Ledger } from "./checker/ledger.ts";
import type { SimulatedNet } from "./net.ts";
import type { Sometimes } from "./sometimes.ts";
import type { Process, World } from "./world.ts";

/** What the agents of one simulation share. */
export interface Scene {
  readonly world: World;
  readonly net: SimulatedNet;
  readonly sometimes: Sometimes;
  readonly ledger: Ledger;
  readonly processOf: (agent: string) => Process;
  /** Ids of the questions that the plan asked, by step; as if everybody had overheard them. */
  readonly ids: Map<number, string>;
}
