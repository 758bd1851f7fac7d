import type { Alert } from "./alert.ts";
import { bridgeDown } from "./bridge.ts";

/** Every alert, in the order in which they are rendered. */
export const alerts: readonly Alert[] = [bridgeDown];

export const alertNames: readonly string[] = alerts.map(({ name }) => name);
