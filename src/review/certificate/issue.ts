import { canonical } from "../../signing/canonical.ts";
import { type DsseSigner, signDsse } from "../../signing/dsse.ts";
import type { NoteVerifier } from "../../signing/note.ts";
import { type ProbeRun, probeRunType, type Subject } from "../check.ts";
import { sha256Of } from "../digest.ts";
import { assemble, type Inputs, type SignedRun } from "./assemble.ts";
import { provenEvents } from "./facts.ts";
import { type Predicate, payloadType, reviewType, statementType, svrType } from "./statement.ts";

/** One line of a bundle: a DSSE envelope in RFC 8785 form. Its SHA-256 names it. */
export interface Line {
  readonly text: string;
  readonly sha256: string;
}

/** What a prober signs: an in-toto statement about the same subject as the certificate. */
export const signRun = (subject: Subject, run: ProbeRun, prober: DsseSigner): Line =>
  lineOf(subject, probeRunType, run, [prober]);

export type Issuing =
  | {
      readonly ok: true;
      /** `.intoto.jsonl`: the certificate first, then the runs, then (on GO) a Simple Verification Result. */
      readonly bundle: string;
      readonly predicate: Predicate;
      /** What a next certificate supersedes. */
      readonly sha256: string;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Judges and signs. The runs are lines that `signRun` made; `logKeys` are the log's public keys. Everything else is
 * computed here, from the inputs, exactly as a verifier will.
 */
export const issueCertificate = (
  inputs: Omit<Inputs, "events" | "runs">,
  runs: readonly { readonly name: string; readonly line: Line; readonly run: ProbeRun }[],
  logKeys: readonly NoteVerifier[],
  issuers: readonly DsseSigner[],
): Issuing => {
  const proven = provenEvents(inputs.log, logKeys);
  if (!proven.ok) return { ok: false, problems: proven.problems.map(({ pointer, detail }) => `${pointer}: ${detail}`) };
  const signed: readonly SignedRun[] = runs.map(({ name, line, run }) => ({ name, sha256: line.sha256, run }));
  const predicate = assemble({ ...inputs, events: proven.events, runs: signed });
  const certificate = lineOf(inputs.subject, reviewType, predicate, issuers);
  const lines = [certificate, ...runs.map(({ line }) => line)];
  if (predicate.verdict === "GO") lines.push(lineOf(inputs.subject, svrType, svrOf(predicate), issuers));
  return { ok: true, bundle: lines.map(({ text }) => `${text}\n`).join(""), predicate, sha256: certificate.sha256 };
};

/** What the certificate says, for tools that read no predicate but this. */
export const svrOf = ({ issuedAt, checks, policy }: Predicate) => ({
  verifier: { id: reviewType },
  timeCreated: issuedAt,
  properties: [
    "LIGHTHOUSE_READY_GO",
    ...checks.filter(({ state }) => state === "pass").map(({ id }) => `LIGHTHOUSE_CHECK_${id}`),
  ],
  policies: [policy],
});

const lineOf = (subject: Subject, predicateType: string, predicate: object, signers: readonly DsseSigner[]): Line => {
  const statement = { _type: statementType, subject, predicateType, predicate };
  const text = canonical(signDsse(payloadType, canonical(statement), signers));
  return { text, sha256: sha256Of(text) };
};
