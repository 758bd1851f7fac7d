import type { Jws } from "../domain/elicitation.ts";
import type { Json } from "../domain/json.ts";

/** Signs answer cores with an agent's key. Two implementations give the same envelope, byte for byte. */
export interface Signer {
  readonly sign: (core: Json) => Jws | Promise<Jws>;
}
