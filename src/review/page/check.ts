import { digestOf, sha256Of } from "../digest.ts";
import type { Policy } from "../policy.ts";
import { bodyOf } from "../render/body.ts";
import { readUnverified } from "../verify/read.ts";
import { readTrust } from "../verify/trust.ts";
import { type Verification, verifyCertificate } from "../verify/verify.ts";
import { settled } from "./crypto.ts";

/**
 * The page's own script: the verifier, on the bundle that the page carries, with the trust file and the evidence that the
 * reader chooses. It starts when both are there, and says what `lighthouse certificate verify` says.
 */
const bytes = new TextEncoder().encode(element("bundle").textContent ?? "");

/** Declared, so that it is there before the first statement. */
function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

const say = (text: string, state: "pass" | "fail"): void => {
  const item = document.createElement("li");
  item.textContent = text;
  item.className = state;
  element("said").append(item);
};

const conclude = (text: string, state: "pass" | "fail"): void => {
  element("outcome").textContent = text;
  element("outcome").className = `outcome ${state}`;
};

const read = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());

const check = async (): Promise<void> => {
  element("said").replaceChildren();
  const [chosen] = filesOf("trust");
  if (chosen === undefined) return conclude("Choose your trust file.", "fail");
  const evidence = new Map<string, Uint8Array>();
  for (const file of filesOf("evidence")) {
    const content = await read(file);
    evidence.set(sha256Of(content), content);
  }
  const trust = readTrust(parsed(await read(chosen)));
  if (!trust.ok) {
    for (const { pointer, message } of trust.problems) say(`${pointer} ${message}`, "fail");
    return conclude("That is no trust file.", "fail");
  }
  const found = await settled(() => verifyCertificate(bytes, { trust: trust.trust, evidence, now: Date.now() }));
  for (const { code, where, pointer, detail } of found.findings) say(`${code} ${where}#${pointer}: ${detail}`, "fail");
  const isShown = isWhatIsShown(evidence);
  if (!isShown) say("altered page: what stands above is not what the certificate in this page says", "fail");
  conclude(inWords(found), found.status === "valid" && isShown ? "pass" : "fail");
};

const filesOf = (id: string): readonly File[] => [...((element(id) as HTMLInputElement).files ?? [])];

const parsed = (content: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(content)) as unknown;
  } catch {
    return undefined;
  }
};

/** The document is made again, with tolerances where the policy lies with the evidence, and without. */
const isWhatIsShown = (evidence: ReadonlyMap<string, Uint8Array>): boolean => {
  const certificate = readUnverified(bytes);
  if (!certificate.ok) return false;
  const { sha256 } = certificate.certificate.predicate.policy.digest;
  const content = evidence.get(sha256);
  const policy = content === undefined ? undefined : parsed(content);
  const withPolicy =
    policy !== undefined && digestOf(policy) === sha256 ? [{ ...certificate, policy: policy as Policy }] : [];
  return [certificate, ...withPolicy].some((shown) => {
    const template = document.createElement("template");
    template.innerHTML = bodyOf(shown);
    return template.innerHTML === element("document").innerHTML;
  });
};

const inWords = ({ status, predicate, looked }: Verification): string => {
  if (predicate === undefined || status === "invalid") return "It does not hold.";
  const { signatures, evidenceFiles, evidenceBytes, numbers, checks, proofs } = looked;
  const what = `${signatures} signed statements, ${evidenceFiles} files of raw evidence (${evidenceBytes.toLocaleString("en")} bytes), ${numbers} numbers of ${checks} checks made again, ${proofs} proofs from the log`;
  return status === "valid"
    ? `It holds, and says ${predicate.verdict} until ${predicate.validUntil}: ${what}.`
    : `It held, and is not good any more (${status}): ${what}.`;
};

const begin = (): void =>
  void check().catch((error: unknown) => conclude(error instanceof Error ? error.message : String(error), "fail"));
for (const id of ["trust", "evidence"]) element(id).addEventListener("change", begin);
