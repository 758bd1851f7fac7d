import type { PolicyCheck } from "../../src/review/policy.ts";

/** On a machine where others work too, only what is slow by seconds is slow; where the promise lies is the policy's matter. */
export const patient = (check: PolicyCheck): PolicyCheck =>
  JSON.parse(
    JSON.stringify(check)
      .replace('"max":300000}', '"max":2000000}')
      .replace('"max":250000}', '"max":2000000}')
      .replace('{"is":1000000}', '{"is":6000000}'),
  ) as PolicyCheck;
