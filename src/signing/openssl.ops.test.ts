import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { pae, signDsse } from "./dsse.ts";
import { signJws } from "./jws.ts";
import { generateEd25519, publicKeyToPem } from "./keys.ts";

const folder = mkdtempSync(join(tmpdir(), "lighthouse-signing-"));
afterAll(() => rmSync(folder, { recursive: true }));

const { kid, privateKey, publicKey } = generateEd25519();
writeFileSync(join(folder, "key.pem"), publicKeyToPem(publicKey));

/** Whether the openssl command line accepts an Ed25519 signature over these bytes. */
const opensslAccepts = (message: Uint8Array | string, signature: Uint8Array): boolean => {
  writeFileSync(join(folder, "message"), message);
  writeFileSync(join(folder, "signature"), signature);
  try {
    const options = ["-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "message", "-sigfile", "signature"];
    return execFileSync("openssl", ["pkeyutl", ...options], { cwd: folder, stdio: "pipe" }).includes(
      "Verified Successfully",
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw error;
    return false;
  }
};

describe("somebody with nothing but openssl", () => {
  it("can verify a signed answer, and sees an altered one", () => {
    const jws = signJws(
      { action: "accept", from: "bob" },
      [{ alg: "Ed25519", kid, privateKey }],
      "lighthouse-answer+jws",
    );
    const [entry] = jws.signatures;
    const message = `${entry?.protected}.${jws.payload}`;
    const signature = Buffer.from(entry?.signature ?? "", "base64url");
    expect(opensslAccepts(message, signature)).toBe(true);
    expect(opensslAccepts(`${message}A`, signature)).toBe(false);
  });

  it("can verify a certificate", () => {
    const envelope = signDsse("application/vnd.in-toto+json", "{}", [{ keyid: kid, privateKey }]);
    const signature = Buffer.from(envelope.signatures[0]?.sig ?? "", "base64");
    expect(opensslAccepts(pae(envelope.payloadType, Buffer.from(envelope.payload, "base64")), signature)).toBe(true);
  });
});
