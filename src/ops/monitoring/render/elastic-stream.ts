import type { Spec } from "../spec/schema.ts";

/** The data stream that the bridge's log lines go to: type, dataset and namespace, in Elastic's own naming scheme. */
export const logDataset = "lighthouse.bridge";

export const logStream = ({ environment }: Pick<Spec, "environment">): string => `logs-${logDataset}-${environment}`;
