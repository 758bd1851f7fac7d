import type { EffectiveAlert } from "../alert/effective.ts";
import { recordingProofs } from "../proof/recordings.ts";
import type { Promises } from "../slo.ts";
import { yamlFile } from "./text.ts";

/** A group of rules, and the file below rules/ that it stands in. */
export interface Group {
  readonly name: string;
  readonly file: string;
}

/** Burn-rate alerts stand with the recordings they read, the others by component. */
export const groupOf = ({ component, labels: { slo } }: EffectiveAlert): Group =>
  slo === undefined
    ? { name: `lighthouse-${component}`, file: `${component}.yml` }
    : { name: `lighthouse-burn-${slo}`, file: `slo-${slo}.yml` };

/**
 * Firing alerts are read from the series ALERTS, because promtool's own comparison of alerts wants every label and every
 * annotation to the letter. The order of groups is given: without it promtool's is random, and an alert may read what
 * its recording rule wrote one evaluation earlier. Only the files that an alert depends on are loaded, or the stories
 * that last for days take minutes.
 */
export const alertTests = (alert: EffectiveAlert, groups: readonly Group[]): readonly [string, string][] => {
  const files = new Set(alert.labels.slo === undefined ? ["gauges.yml"] : []).add(groupOf(alert).file);
  const paces = [...new Set(alert.proofs.map(({ every }) => every))];
  return paces.map((every) => [
    `prometheus/tests/${alert.name}${paces.length === 1 ? "" : `-${every}s`}.yml`,
    yamlFile({
      rule_files: [...files].map((file) => `../rules/${file}`),
      evaluation_interval: `${every}s`,
      group_eval_order: groups.filter(({ file }) => files.has(file)).map(({ name }) => name),
      tests: alert.proofs
        .filter((proof) => proof.every === every)
        .map(({ name, given, expect }) => ({
          name: `${alert.name} ${name}`,
          interval: `${every}s`,
          input_series: Object.entries(given).map(([series, values]) => ({ series, values })),
          promql_expr_test: [
            ...expect.map(({ at, firing, throughout }) => ({
              expr: throughout
                ? `sum(count_over_time(${firings(alert)}[${at}s])) or vector(0)`
                : `count(${firings(alert)}) or vector(0)`,
              eval_time: `${at}s`,
              exp_samples: [{ labels: "{}", value: firing }],
            })),
            ...(alert.for === "0s" ? [neverWaits(alert, Math.max(...expect.map(({ at }) => at)))] : []),
          ],
        })),
    }),
  ]);
};

/** An alert that is to fire at once is never seen waiting, however seldom one looks. */
const neverWaits = ({ name }: EffectiveAlert, until: number) => ({
  expr: `sum(count_over_time(ALERTS{alertname="${name}", alertstate="pending"}[${until}s])) or vector(0)`,
  eval_time: `${until}s`,
  exp_samples: [{ labels: "{}", value: 0 }],
});

const firings = ({ name, labels: { severity, team } }: EffectiveAlert): string =>
  `ALERTS{alertname="${name}", alertstate="firing", severity="${severity}", team="${team}"}`;

/** Recorded values have no alert to betray them when they are wrong: what comes out is compared with what went in. */
export const recordingTests = (promises: Promises, groups: readonly Group[]): readonly [string, string][] => {
  const proofs = recordingProofs(promises);
  const names = new Set(proofs.map(({ subject, every }) => `${subject}-${every}s`));
  return [...names].map((name) => {
    const own = proofs.filter(({ subject, every }) => name === `${subject}-${every}s`);
    const [first] = own;
    const files =
      first?.subject === "gauges"
        ? ["gauges.yml", "slo-availability.yml"]
        : [`slo-${first?.subject}.yml`, "budgets.yml"];
    return [
      `prometheus/tests/recordings-${name}.yml`,
      yamlFile({
        rule_files: files.map((file) => `../rules/${file}`),
        evaluation_interval: `${first?.every}s`,
        group_eval_order: groups.filter(({ file }) => files.includes(file)).map((group) => group.name),
        tests: own.map((proof) => ({
          name: proof.name,
          interval: `${proof.every}s`,
          input_series: Object.entries(proof.given).map(([series, values]) => ({ series, values })),
          promql_expr_test: proof.expect.map(({ at, expr, value }) => ({
            expr,
            eval_time: `${at}s`,
            exp_samples: value === undefined ? [] : [{ labels: "{}", value }],
          })),
        })),
      }),
    ];
  });
};
