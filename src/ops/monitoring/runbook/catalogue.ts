import { bridgeRunbooks } from "./bridge.ts";
import { burnRunbooks } from "./burn.ts";
import { deliveryRunbooks } from "./delivery.ts";
import { elicitationRunbooks } from "./elicitation.ts";
import { logRunbooks } from "./log.ts";
import type { Runbook } from "./runbook.ts";
import { securityRunbooks } from "./security.ts";
import { telemetryRunbooks } from "./telemetry.ts";

/** Every runbook, by the name of its alert. */
export const runbooks: Readonly<Record<string, Runbook>> = {
  ...bridgeRunbooks,
  ...elicitationRunbooks,
  ...deliveryRunbooks,
  ...securityRunbooks,
  ...logRunbooks,
  ...burnRunbooks,
  ...telemetryRunbooks,
};
