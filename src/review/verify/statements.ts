import { canonical } from "../../signing/canonical.ts";
import { type Dsse, verifyDsse } from "../../signing/dsse.ts";
import {
  type Certificate,
  certificateShape,
  payloadType,
  probeRunStatementShape,
  reviewType,
  svrShape,
  svrType,
} from "../certificate/statement.ts";
import { type ProbeRun, probeRunType, type Subject } from "../check.ts";
import { problemsOf } from "../shape/problems.ts";
import type { Shape } from "../shape/shape.ts";
import { type BundleLine, parseBounded } from "./bundle.ts";
import { type Finding, finding } from "./finding.ts";
import type { Trust, TrustedKey } from "./trust.ts";

interface Signed {
  readonly line: BundleLine;
  /** Trusted keys whose signature holds. */
  readonly keys: readonly TrustedKey[];
}

export interface Statements {
  readonly certificate: (Signed & { readonly statement: Certificate }) | undefined;
  readonly runs: readonly (Signed & { readonly subject: Subject; readonly run: ProbeRun })[];
  readonly svr: (Signed & { readonly statement: unknown }) | undefined;
  readonly findings: readonly Finding[];
}

/** What is signed by whom in a bundle: signatures first, then exactly the bytes that were signed. */
export const readStatements = (lines: readonly BundleLine[], trust: Trust): Statements => {
  const findings: Finding[] = [];
  let certificate: Statements["certificate"];
  let svr: Statements["svr"];
  const runs: Statements["runs"][number][] = [];
  for (const line of lines) {
    const where = `line ${line.number}`;
    const opened = open(line, trust);
    if ("code" in opened) {
      findings.push(opened);
      continue;
    }
    const { statement, keys } = opened;
    const shape = shapes[String(statement.predicateType)];
    if (shape === undefined) {
      findings.push(finding("schema", where, "/predicateType", "is no statement of a review"));
      continue;
    }
    const problems = problemsOf(shape, statement);
    const place = statement.predicateType === reviewType ? "certificate" : where;
    findings.push(...problems.map(({ pointer, message }) => finding("schema", place, pointer, message)));
    if (problems.length > 0) continue;
    switch (statement.predicateType) {
      case reviewType:
        if (certificate === undefined) certificate = { line, keys, statement: statement as unknown as Certificate };
        else findings.push(finding("altered", where, "", "a second certificate in one bundle"));
        break;
      case probeRunType:
        runs.push({ line, keys, subject: statement.subject as Subject, run: statement.predicate as ProbeRun });
        break;
      default:
        if (svr === undefined) svr = { line, keys, statement };
        else findings.push(finding("svr", where, "", "a second result in one bundle"));
    }
  }
  if (certificate === undefined && findings.length === 0)
    findings.push(finding("unreadable", "line 1", "", "there is no certificate in this file"));
  return { certificate, runs, svr, findings };
};

const shapes: Readonly<Record<string, Shape>> = {
  [reviewType]: certificateShape,
  [probeRunType]: probeRunStatementShape,
  [svrType]: svrShape,
};

interface Statement {
  readonly subject?: unknown;
  readonly predicateType?: unknown;
  readonly predicate?: unknown;
}

const open = (
  { value, number }: BundleLine,
  { keys }: Trust,
): { readonly statement: Statement; readonly keys: readonly TrustedKey[] } | Finding => {
  const where = `line ${number}`;
  if (!isExact(value))
    return finding("unreadable", where, "", "is no DSSE envelope of payload, payloadType, signatures");
  const verified = verifyDsse(value, (kid) => keys.find((key) => key.kid === kid)?.publicKey);
  if (!verified.ok) {
    const code = verified.code === "malformed" ? "unreadable" : "signature";
    return finding(code, where, code === "signature" ? "/signatures" : "", verified.reason);
  }
  if (verified.payloadType !== payloadType) return finding("schema", where, "/payloadType", `must be ${payloadType}`);
  const text = Buffer.from(verified.payload).toString("utf8");
  const parsed = parseBounded(text);
  if ("detail" in parsed) return finding("unreadable", where, "/payload", parsed.detail);
  if (typeof parsed.value !== "object" || parsed.value === null || !isCanonical(parsed.value, text))
    return finding("unreadable", where, "/payload", "is not an object in RFC 8785 form");
  return { statement: parsed.value as Statement, keys: keys.filter(({ kid }) => verified.verified.includes(kid)) };
};

/** Nothing beside what DSSE knows, and one spelling of every byte: what nobody signed has no room here. */
const isExact = (value: unknown): value is Dsse => {
  if (typeof value !== "object" || value === null) return false;
  const { payload, payloadType: type, signatures, ...rest } = value as Dsse & { readonly [member: string]: unknown };
  return (
    Object.keys(rest).length === 0 &&
    isBase64(payload) &&
    typeof type === "string" &&
    Array.isArray(signatures) &&
    signatures.every(
      (one) => typeof one === "object" && one !== null && Object.keys(one).length === 2 && isBase64(one.sig),
    )
  );
};

const isBase64 = (text: unknown): boolean =>
  typeof text === "string" && Buffer.from(text, "base64").toString("base64") === text;

const isCanonical = (value: unknown, text: string): boolean => {
  try {
    return canonical(value) === text;
  } catch {
    return false;
  }
};
