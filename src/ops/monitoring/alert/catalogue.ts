import type { Alert } from "./alert.ts";
import { bridgeAlerts } from "./bridge.ts";
import { burnAlerts } from "./burn.ts";
import { deliveryAlerts } from "./delivery.ts";
import { elicitationAlerts } from "./elicitation.ts";
import { latencyAlerts } from "./latency.ts";
import { logAlerts } from "./log.ts";
import { monitoringAlerts } from "./monitoring.ts";
import { securityAlerts } from "./security.ts";
import { telemetryAlerts } from "./telemetry.ts";

/** Every alert, in the order in which they are rendered. */
export const alerts: readonly Alert[] = [
  ...bridgeAlerts,
  ...latencyAlerts,
  ...elicitationAlerts,
  ...deliveryAlerts,
  ...securityAlerts,
  ...logAlerts,
  ...burnAlerts,
  ...telemetryAlerts,
  ...monitoringAlerts,
];

export const alertNames: readonly string[] = alerts.map(({ name }) => name);
