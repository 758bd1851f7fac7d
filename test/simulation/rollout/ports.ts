import type { TokenCredential } from "../../../src/client/credential.ts";
import type { LeadPorts } from "../../../src/ops/rollout/lead.ts";
import type { RollBackPorts } from "../../../src/ops/rollout/rollback/roll-back.ts";
import type { History } from "../checker/history.ts";
import type { Host } from "../host.ts";
import type { SimulatedNet } from "../net.ts";
import type { Sometimes } from "../sometimes.ts";
import type { Wiring } from "../wiring.ts";
import type { World } from "../world.ts";

/** What a controller needs of the world. */
export type Ports = LeadPorts & RollBackPorts;

/** What its process needs of the stage. */
export interface ControllerPorts {
  readonly world: World;
  readonly net: SimulatedNet;
  readonly host: Host;
  readonly past: History;
  readonly wiring: Wiring;
  readonly sometimes: Sometimes;
  readonly credentials: ReadonlyMap<string, TokenCredential>;
}
