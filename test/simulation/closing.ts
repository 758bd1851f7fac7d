import { openMemoryLog } from "../../src/bridge/log/memory.ts";
import { examine } from "./checker/projections.ts";
import { isOpen, type Story } from "./checker/story.ts";
import type { Stage } from "./stage.ts";
import { newProcess } from "./world.ts";

/** Everything that was asked has come to its end, and everybody who waits for it knows. */
export const allEnded = ({ host, past, ledger }: Stage): boolean =>
  host.bridge() !== undefined &&
  ![...past.stories.values()].some((story) => isOpen(story) && !isRehearsed(story)) &&
  past.inquiries.loose().length === 0 &&
  ledger.waiting().length === 0;

export const notEnded = ({ host, past, ledger, world }: Stage): string => {
  const open = [...past.stories.values()].filter((story) => isOpen(story) && !isRehearsed(story));
  const bridge = host.bridge();
  return [
    bridge === undefined ? "the bridge is down" : `the log: ${JSON.stringify(bridge.log.health())}`,
    ...open.map(
      ({ id, asked, status }) =>
        `${id} (${asked.message.slice(0, 8)}) is ${status}, its deadline ${world.now() - asked.deadline} ms ago`,
    ),
    ...past.inquiries.loose(),
    ...ledger.waiting().map((who) => `not told: ${who}`),
  ].join("; ");
};

/** Those of a rehearsal have nobody who answers, and five minutes: only who asked them can take them back. */
const isRehearsed = ({ asked }: Story): boolean => asked.to.startsWith("rehearsal-");

/** A last power cut; then everything that anybody was ever told is held against what is left. */
export const closing = async (on: Stage, settled: number): Promise<void> => {
  const { world, host, disk, past, wires, ledger } = on;
  const bridge = host.bridge();
  if (world.failure() !== undefined || bridge === undefined) return;
  await examine(world, bridge, past);
  wires.audit();
  host.halt();
  disk.crash("power cut");
  const survivor = newProcess("survivor");
  const log = openMemoryLog({ disk: disk.mountFor(survivor), clock: world, scheduler: world.schedulerOf(survivor) });
  let left = -1;
  log.then(({ head }) => {
    left = head().position;
  });
  await world.run(world.monotonic() + 5_000, () => left >= 0);
  if (left < past.events.length) {
    world.fail("what was acknowledged is in the log", `${left} of ${past.events.length} events are left`);
  }
  ledger.audit(past, settled);
};
