import type { TokenCredential } from "../../src/client/credential.ts";
import { PERSON } from "./cast.ts";
import { openLine } from "./line.ts";
import { random } from "./random.ts";
import type { Stage } from "./stage.ts";

/** Between two looks of the person on call, in milliseconds. */
const LOOKS_MS = [1_500, 5_000] as const;

/**
 * The human administrator: looks at the bridge now and then, and when there is an emergency says that somebody is at
 * work, and a while later that it is over. The bridge agrees, or says which check fails.
 */
export const person = ({ world, net, processOf }: Stage, credential: TokenCredential): void => {
  const owner = processOf(PERSON);
  const luck = random(world.seed, "person");
  const line = openLine(world, owner, net.netFor(owner), credential.token, PERSON, {
    opening: null,
    onOffer: () => undefined,
    onEnded: () => undefined,
    onMailbox: () => undefined,
    onEvent: () => undefined,
    onRefusedOpening: () => undefined,
  });
  const later = (): void => void world.after(owner, luck.between(...LOOKS_MS), `${PERSON} looks`, look);
  const look = (): void =>
    line.call("mode.get", {}, false, (heard) => {
      const mode = "result" in heard ? (heard.result as { readonly mode: string }).mode : "unknown";
      if (mode === "emergency") line.call("mode.recover", { reason: "at work on it" }, false, later);
      else if (mode === "recovering") line.call("mode.resume", { reason: "it is well" }, false, later);
      else later();
    });
  later();
};
