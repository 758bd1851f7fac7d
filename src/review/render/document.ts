import type { Certificate, ConditionEntry, Predicate } from "../certificate/statement.ts";
import { measurementInWords, quantity, rounded, stateInWords } from "../diff.ts";
import { type Policy, type PolicyCheck, sections, type Tolerance } from "../policy.ts";
import type { How } from "../recompute/how.ts";
import type { Measurement, Outcome } from "../result.ts";

/** A certificate as a document, before it is Markdown or HTML: from the data alone, in the order of the seed. */
export type Block =
  | {
      readonly kind: "heading";
      readonly level: 2 | 3 | 4;
      readonly text: string;
      readonly state?: Outcome["state"] | ConditionEntry["standing"];
    }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "facts"; readonly facts: readonly (readonly [name: string, value: string])[] }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | { readonly kind: "table"; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | {
      readonly kind: "tally";
      readonly parts: readonly { readonly name: string; readonly passed: number; readonly of: number }[];
    }
  | { readonly kind: "verdict"; readonly verdict: Predicate["verdict"]; readonly text: string }
  | Chart;

export interface Chart {
  readonly kind: "chart";
  readonly title: string;
  readonly unit: string;
  readonly quantiles: readonly { readonly q: number; readonly value: number }[];
  /** The quantile and the upper bound that is judged. */
  readonly bound: { readonly q: number; readonly value: number } | undefined;
  readonly max: number | undefined;
}

export interface Shown {
  readonly certificate: Certificate;
  /** Digest of the certificate's line. */
  readonly sha256: string;
  readonly keyids: readonly string[];
  /** The policy by which it was judged, where it is at hand: then tolerances are shown beside the numbers. */
  readonly policy?: Policy;
}

export const TITLE = "Production Readiness Review Certificate";

export const documentOf = (shown: Shown): readonly Block[] => {
  const { predicate } = shown.certificate;
  return [
    facts(headOf(shown)),
    verdictBlock(predicate),
    atAGlance(predicate),
    h2("Review scope"),
    ...scope(shown),
    h2("Findings"),
    ...resolution(predicate.conditions),
    ...findings(shown),
    h2("Decision"),
    ...decision(predicate),
    h2("Evidence"),
    ...evidence(predicate),
    h2("Signature"),
    ...signature(shown),
  ];
};

const h2 = (text: string): Block => ({ kind: "heading", level: 2, text });
const h3 = (text: string): Block => ({ kind: "heading", level: 3, text });
const text = (words: string): Block => ({ kind: "text", text: words });
const facts = (given: readonly (readonly [string, string])[]): Block => ({ kind: "facts", facts: given });

const headOf = ({ certificate: { predicate } }: Shown): readonly (readonly [string, string])[] => [
  ["Component", predicate.title],
  ["Issued by", predicate.issuer],
  ["Date", utc(predicate.issuedAt)],
  ["Valid until", utc(predicate.validUntil)],
  ["Certificate", predicate.id],
];

const utc = (moment: string): string => `${moment.slice(0, 10)} ${moment.slice(11, 19)} UTC`;

const verdictBlock = (predicate: Predicate): Block => ({
  kind: "verdict",
  verdict: predicate.verdict,
  text: inOneSentence(predicate),
});

const inOneSentence = ({ checks, conditions, verdict, rolloutPercent }: Predicate): string => {
  const passed = checks.filter(({ state }) => state === "pass").length;
  const open = conditions.filter(({ standing }) => standing !== "closed").length;
  const most = verdict === "CONDITIONAL" ? ` At most ${rolloutPercent} % of the agents may get it.` : "";
  return `${passed} of ${checks.length} checks passed; ${open === 0 ? "no condition is" : open === 1 ? "1 condition is" : `${open} conditions are`} open.${most}`;
};

/** How each part of the system fared, before anybody reads on. */
const atAGlance = ({ checks }: Predicate): Block => ({
  kind: "tally",
  parts: sections.flatMap((section) => {
    const own = checks.filter((check) => check.section === section);
    const passed = own.filter(({ state }) => state === "pass").length;
    return own.length === 0 ? [] : [{ name: section, passed, of: own.length }];
  }),
});

const scope = ({ certificate: { subject, predicate }, policy }: Shown): readonly Block[] => [
  text(
    `Everything that the policy ${predicate.policy.name} asks for, measured on the running system with the profile ${predicate.profile}.`,
  ),
  {
    kind: "table",
    head: ["What", "SHA-256"],
    rows: [
      ...subject.map(({ name, digest }) => [name, digest.sha256]),
      [`policy ${predicate.policy.name}`, predicate.policy.digest.sha256],
    ],
  },
  {
    kind: "table",
    head: ["Check", "Weight", "Outcome", ...(policy === undefined ? [] : ["Keeps for"])],
    rows: predicate.checks.map((check) => [
      `${check.title} \`${check.id}\``,
      check.severity,
      check.state,
      ...(policy === undefined ? [] : [keeps(policy.checks.find(({ id }) => id === check.id))]),
    ]),
  },
];

const keeps = (check: PolicyCheck | undefined): string => (check === undefined ? "" : lengthInWords(check.ttlMs));

const HOUR_MS = 3_600_000;
const lengthInWords = (ms: number): string => {
  const hours = ms / HOUR_MS;
  return hours >= 24 && hours % 24 === 0 ? `${hours / 24} d` : `${rounded(hours)} h`;
};

/** As the seed does: first what became of what was found wanting before. */
const resolution = (conditions: readonly ConditionEntry[]): readonly Block[] => [
  h3("Conditional issues: resolution status"),
  ...(conditions.length === 0
    ? [text("There never was a condition on this system.")]
    : conditions.flatMap((condition, i): readonly Block[] => [
        { kind: "heading", level: 4, text: `${i + 1}. ${condition.title}`, state: condition.standing },
        text(condition.what),
        text(conditionInWords(condition)),
        {
          kind: "table",
          head: ["When", "Who", "What", "In words", "Log"],
          rows: condition.story.map(({ at, actor, event, detail, position }) => [
            utc(at),
            actor,
            event,
            detail,
            String(position),
          ]),
        },
      ])),
];

const conditionInWords = ({ check, severity, review, owner = "nobody", due, ...more }: ConditionEntry): string =>
  [
    `\`${check}\` (${severity})`,
    `found by ${review}`,
    `${owner}’s to mend by ${utc(due)}`,
    ...(more.waivedUntil === undefined ? [] : [`waived until ${utc(more.waivedUntil)}`]),
  ].join(" · ");

const findings = ({ certificate: { predicate }, policy }: Shown): readonly Block[] =>
  sections.flatMap((section) => {
    const own = predicate.checks.filter((check) => check.section === section);
    if (own.length === 0) return [];
    return [h3(`${section[0]?.toUpperCase()}${section.slice(1)}`), ...own.flatMap((check) => finding(check, policy))];
  });

const finding = (check: Outcome, policy: Policy | undefined): readonly Block[] => {
  const asked = policy?.checks.find(({ id }) => id === check.id);
  const measurements = measurementsOf(check);
  return [
    { kind: "heading", level: 4, text: check.title, state: check.state },
    text(
      `\`${check.id}\` (${check.severity}) · ${stateInWords(check)} · probe ${check.probe.id}, version ${check.probe.version} · ${spanInWords(check)}`,
    ),
    ...(check.state === "waived"
      ? [text(`${check.waiver.by} gave the reason: ${check.waiver.reason} (condition ${check.waiver.condition}).`)]
      : []),
    ...(measurements.length === 0
      ? []
      : [
          {
            kind: "table",
            head: ["Measured", "Value", ...(asked === undefined ? [] : ["Tolerated", "How"])],
            rows: measurements.map((one) => {
              const measure = asked?.measures.find(({ name }) => name === one.name);
              return [
                one.name,
                measurementInWords(one),
                ...(measure === undefined
                  ? []
                  : [toleranceInWords(measure.tolerance, one.unit), howInWords(measure.how)]),
              ];
            }),
          } as const,
        ]),
    ...measurements.flatMap((one) => chartOf(check, one, asked)),
  ];
};

/** A span of time on one day is told with its day once. */
const spanInWords = ({ startedAt, endedAt }: Pick<Outcome, "startedAt" | "endedAt">): string =>
  startedAt.slice(0, 10) === endedAt.slice(0, 10)
    ? `${startedAt.slice(0, 10)}, ${startedAt.slice(11, 19)} to ${endedAt.slice(11, 19)} UTC`
    : `${utc(startedAt)} to ${utc(endedAt)}`;

const measurementsOf = (check: Outcome): readonly Measurement[] => {
  if (check.state === "waived") return check.underlying.state === "fail" ? check.underlying.measurements : [];
  return "measurements" in check ? check.measurements : [];
};

const chartOf = (check: Outcome, one: Measurement, asked: PolicyCheck | undefined): readonly Block[] => {
  if (one.quantiles === undefined || one.quantiles.length < 3) return [];
  const measure = asked?.measures.find(({ name }) => name === one.name);
  const q = measure?.how.kind === "percentile" ? measure.how.q : undefined;
  const [scale, unit] = one.unit === "µs" ? [1_000, "ms"] : [1, one.unit];
  return [
    {
      kind: "chart",
      title: `${check.title}: ${one.name}, ${one.n.toLocaleString("en")} samples`,
      unit,
      quantiles: one.quantiles.map(({ q: at, value }) => ({ q: at, value: value / scale })),
      bound: q !== undefined && typeof one.value === "number" ? { q, value: one.value / scale } : undefined,
      max: measure !== undefined && "max" in measure.tolerance ? measure.tolerance.max / scale : undefined,
    },
  ];
};

export const toleranceInWords = (tolerance: Tolerance, unit: string): string => {
  if ("max" in tolerance) return `at most ${quantity(tolerance.max, unit)}`;
  if ("min" in tolerance) return `at least ${quantity(tolerance.min, unit)}`;
  if ("is" in tolerance)
    return typeof tolerance.is === "boolean" ? (tolerance.is ? "yes" : "no") : String(tolerance.is);
  const [from, to] = tolerance.between;
  return from === to ? `exactly ${quantity(from, unit)}` : `${rounded(from)} to ${quantity(to, unit)}`;
};

const howInWords = (how: How): string => {
  switch (how.kind) {
    case "percentile":
      return `upper bound of the ${rounded(how.q * 100)}th percentile at ${rounded(how.confidence * 100)} %, whatever the distribution`;
    case "ratio":
      return "share of rows that fit";
    case "count":
      return "number of rows that fit";
    case "all":
      return "whether every row fits";
    case "matched":
      return "share of rows that have their match";
    case "max":
      return "largest";
    case "min":
      return "smallest";
    case "sum":
      return "sum";
    case "value":
      return "as it was read";
    case "equal":
      return "whether both say the same";
    case "merkle":
      return "whether the lines have the root that was signed";
  }
};

const decision = ({
  verdict,
  reasons,
  conditions,
  signOffs,
  rolloutPercent,
  validUntil,
}: Predicate): readonly Block[] => {
  const open = conditions.filter(({ standing }) => standing !== "closed");
  return [
    facts([
      ["Status", verdict],
      ["Rollout", rolloutPercent === 0 ? "to nobody" : `to at most ${rolloutPercent} % of the agents`],
      ["Next review", `before ${utc(validUntil)}, and at once when another build, configuration or set of rules runs`],
    ]),
    h3("Rationale"),
    reasons.length === 0
      ? text("Every check passed, no condition is open, and everybody who had to agree agreed.")
      : {
          kind: "table",
          head: ["Why", "About", "In words"],
          rows: reasons.map(({ code, about, detail }) => [code, about, detail]),
        },
    h3("Conditions"),
    open.length === 0
      ? text("None.")
      : {
          kind: "table",
          head: ["Condition", "Closes when", "Owner", "Due", "Standing"],
          rows: open.map(({ title, check, owner = "nobody", due, standing, id }) => [
            `${title} (${id})`,
            `${check} passes, run by somebody else`,
            owner,
            utc(due),
            standing,
          ]),
        },
    h3("Sign-off by specialists"),
    signOffs.length === 0
      ? text("Nobody signed off.")
      : {
          kind: "table",
          head: ["Who", "As", "Decision", "Reason", "When", "Log"],
          rows: signOffs.map(({ agent, roles, decision: said, reason, at, position }) => [
            agent,
            roles.join(", "),
            said,
            reason,
            utc(at),
            String(position),
          ]),
        },
  ];
};

const evidence = ({ checks, inputs, log }: Predicate): readonly Block[] => [
  text("Raw evidence, by digest. Every number above is made of these bytes, and can be made again."),
  {
    kind: "table",
    head: ["Check", "File", "Bytes", "Collected", "SHA-256"],
    rows: checks.flatMap((check) => {
      const own =
        "evidence" in check
          ? check.evidence
          : check.state === "waived" && "evidence" in check.underlying
            ? check.underlying.evidence
            : [];
      return own.map(({ name, digest, annotations }) => [
        check.id,
        name,
        annotations.bytes.toLocaleString("en"),
        utc(annotations.collectedAt),
        digest.sha256,
      ]);
    }),
  },
  {
    kind: "table",
    head: ["Signed probe run", "SHA-256"],
    rows: inputs.map(({ name, digest }) => [name, digest.sha256]),
  },
  text(
    `${log.records.length} events of the log ${log.origin} are proven under this checkpoint: ${log.checkpoint.split("\n").slice(1, 3).join(" ")}`,
  ),
];

const signature = ({ certificate: { predicate }, sha256, keyids }: Shown): readonly Block[] => [
  facts([
    ["Issuer", predicate.issuer],
    ["Timestamp", utc(predicate.issuedAt)],
    ...keyids.map((kid) => ["Ed25519 key", kid] as const),
    ["Certificate SHA-256", sha256],
    ...(predicate.supersedes === undefined ? [] : [["Supersedes", predicate.supersedes.sha256] as const]),
  ]),
  text(
    "This page proves nothing by itself. `lighthouse certificate verify` checks the certificate that it was rendered from.",
  ),
];
