import type { Certificate, ConditionEntry, SignOffEntry } from "./certificate/statement.ts";
import type { Measurement, Outcome } from "./result.ts";

/** One thing that differs between two certificates, in words; `section` is where it stands. */
export interface Change {
  readonly section: "verdict" | "subject" | "policy" | "checks" | "conditions" | "sign-offs" | "time";
  readonly about: string;
  /** Undefined: was not there. */
  readonly before?: string;
  /** Undefined: is not there any more. */
  readonly after?: string;
}

/** What changed from one certificate to another, in the order in which one reads them. */
export const diffCertificates = (before: Certificate, after: Certificate): readonly Change[] => {
  const [a, b] = [before.predicate, after.predicate];
  return [
    ...keyed("verdict", [["verdict", a.verdict]], [["verdict", b.verdict]]),
    ...keyed("verdict", [["rollout", `${a.rolloutPercent} %`]], [["rollout", `${b.rolloutPercent} %`]]),
    ...keyed("verdict", a.reasons.map(reason), b.reasons.map(reason)),
    ...keyed("subject", before.subject.map(named), after.subject.map(named)),
    ...keyed("policy", [[a.policy.name, a.policy.digest.sha256]], [[b.policy.name, b.policy.digest.sha256]]),
    ...keyed("checks", a.checks.flatMap(checkLines), b.checks.flatMap(checkLines)),
    ...keyed("conditions", a.conditions.map(conditionLine), b.conditions.map(conditionLine)),
    ...keyed("sign-offs", a.signOffs.map(signOffLine), b.signOffs.map(signOffLine)),
    ...keyed("time", [["issued", a.issuedAt]], [["issued", b.issuedAt]]),
    ...keyed("time", [["valid until", a.validUntil]], [["valid until", b.validUntil]]),
  ];
};

type Line = readonly [about: string, text: string];

const reason = ({ code, about, detail }: Certificate["predicate"]["reasons"][number]): Line => [
  `${code} ${about}`,
  detail,
];
const named = ({ name, digest }: Certificate["subject"][number]): Line => [name, digest.sha256];

const checkLines = (check: Outcome): readonly Line[] => [
  [check.id, stateInWords(check)],
  ...("measurements" in check ? check.measurements : []).map(
    (one): Line => [`${check.id} ${one.name}`, measurementInWords(one)],
  ),
];

export const stateInWords = (check: Outcome): string => {
  switch (check.state) {
    case "pass":
    case "fail":
      return check.state;
    case "not-run":
      return `not run: ${check.reason.kind}, ${check.reason.detail}`;
    case "waived":
      return `waived by ${check.waiver.by} until ${check.waiver.until} (${check.underlying.state})`;
  }
};

/** A number as people read it: at most four digits that count. Whether something is so, of how many; a text as it is. */
export const measurementInWords = (one: Measurement): string =>
  `${valueInWords(one)}${one.within ? "" : ", not within tolerance"}`;

const valueInWords = ({ value, unit, n }: Measurement): string => {
  const many = n.toLocaleString("en");
  switch (typeof value) {
    case "number":
      return `${quantity(value, unit)}${n === 1 ? "" : `, n = ${many}`}`;
    case "boolean":
      return `${value ? "yes" : "no"}${n === 1 ? "" : `, of ${many} ${unit}`}`;
    case "string":
      return value;
  }
};

/** Shares as percent, and what is counted in microseconds in milliseconds. */
export const quantity = (value: number, unit: string): string => {
  if (unit === "µs") return `${rounded(value / 1_000)} ms`;
  if (unit.startsWith("share of ")) return `${rounded(value * 100)} % of ${unit.slice("share of ".length)}`;
  return `${rounded(value)}${unit === "" ? "" : ` ${unit}`}`;
};

export const rounded = (value: number): string =>
  Number(value.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 6 });

const conditionLine = ({ id, check, standing, owner, due }: ConditionEntry): Line => [
  id,
  `${check}: ${standing}${owner === undefined ? "" : `, ${owner}`}, due ${due}`,
];

const signOffLine = ({ agent, decision, reason: why }: SignOffEntry): Line => [agent, `${decision}: ${why}`];

const keyed = (section: Change["section"], before: readonly Line[], after: readonly Line[]): readonly Change[] => {
  const [a, b] = [new Map(before), new Map(after)];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((about) => {
    const [was, is] = [a.get(about), b.get(about)];
    if (was === is) return [];
    return [
      { section, about, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) },
    ];
  });
};
