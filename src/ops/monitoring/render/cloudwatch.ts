import type { Spec } from "../spec/schema.ts";
import { metricNames } from "./exported-metrics.ts";
import type { Renderer } from "./rendered.ts";
import { jsonFile, yamlFile } from "./text.ts";

/** cloudwatch/: what the bridge sends to Amazon CloudWatch, and the least that its identity there needs to be allowed. */
export const renderCloudwatch: Renderer = (spec) => {
  if (!spec.exporters.cloudwatch.enabled) return new Map();
  return new Map([
    ["cloudwatch/policy.json", jsonFile(policy(spec))],
    ["cloudwatch/export.yml", yamlFile(plan(spec))],
  ]);
};

/** An IAM policy. PutMetricData knows no resources; its namespace is the only thing that it can be held to. */
const policy = ({ exporters: { cloudwatch } }: Spec) => ({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "LighthouseMetrics",
      Effect: "Allow",
      Action: "cloudwatch:PutMetricData",
      Resource: "*",
      Condition: { StringEquals: { "cloudwatch:namespace": cloudwatch.namespace } },
    },
  ],
});

const plan = ({ environment, exporters: { cloudwatch } }: Spec) => ({
  vendor: "Amazon CloudWatch",
  endpoint: cloudwatchEndpoint(cloudwatch.region),
  operation: "PutMetricData (AWS JSON 1.0, Signature Version 4)",
  credentials: "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the bridge's environment",
  namespace: cloudwatch.namespace,
  dimensions: { environment },
  metrics: metricNames,
});

export const cloudwatchEndpoint = (region: string): string =>
  region.startsWith("cn-")
    ? `https://monitoring.${region}.amazonaws.com.cn/`
    : `https://monitoring.${region}.amazonaws.com/`;
