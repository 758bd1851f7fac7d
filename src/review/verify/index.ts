/**
 * The package export `lighthouse-bridge/verify`: everything to check a readiness certificate, and nothing of the server.
 * Needs Node and no other package, no network, no secret.
 *
 * ```ts
 * const trust = readTrust(JSON.parse(readFileSync("trust.json", "utf8")));
 * if (!trust.ok) throw new Error(JSON.stringify(trust.problems));
 * const found = verifyCertificate(readFileSync("certificate.intoto.jsonl"), {
 *   trust: trust.trust,
 *   evidence, // Map of SHA-256 in hex to bytes
 *   now: Date.now(),
 * });
 * for (const { where, pointer, detail } of found.findings) console.error(where, pointer, detail);
 * ```
 */
export type { Certificate, Predicate, Verdict } from "../certificate/statement.ts";
export type { Subject } from "../check.ts";
export type { Evidence } from "../evidence/descriptor.ts";
export type { Policy } from "../policy.ts";
export type { Finding, FindingCode } from "./finding.ts";
export { readUnverified, type Unverified } from "./read.ts";
export { type Demand, type Required, requireCertificate } from "./require.ts";
export { readTrust, type Trust, type TrustFile, type TrustRead } from "./trust.ts";
export { type Status, type Verification, type VerifyOptions, verdictOf, verifyCertificate } from "./verify.ts";
