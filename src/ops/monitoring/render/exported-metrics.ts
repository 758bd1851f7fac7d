import { signals } from "../../../domain/signal.ts";

/** Every metric that leaves for a vendor, by the one name it has everywhere. */
export const metricNames: readonly string[] = Object.values(signals).map(({ name }) => name);
