import type { Static } from "typebox";
import { alerting } from "./alerting.ts";
import { exporters } from "./exporters.ts";
import { grafana, logging, tracing } from "./observing.ts";
import { choice, section, text } from "./parts.ts";
import { prometheus } from "./prometheus.ts";
import { health_checks, sla } from "./promises.ts";

/** monitoring.yaml. The JSON Schema that editors use (docs/monitoring.schema.json) is written from this. */
export const schema = section("Everything that watches a Lighthouse bridge. An empty file is a good one.", {
  version: choice("Version of this format.", ["1", "1.0.0"], "1"),
  environment: text("Where this bridge runs; a label on every alert.", "production", "^[a-z][a-z0-9-]{0,30}$"),
  prometheus,
  grafana,
  alerting,
  logging,
  tracing,
  health_checks,
  sla,
  exporters,
});

type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/** A monitoring.yaml that was read, checked, and filled up with defaults; in the words of the file. */
export type Spec = Frozen<Static<typeof schema>>;
