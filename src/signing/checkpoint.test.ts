import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkpointText, parseCheckpoint, signCheckpoint, verifyCheckpoint } from "./checkpoint.ts";
import { ed25519FromSeed, publicKeyOf } from "./keys.ts";
import { compactRange, leafHash } from "./merkle.ts";

/** Any UTF-16 unit, lone surrogates included: fast-check's own "binary" takes three seconds to set up. */
const codeUnit = fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit));

const privateKey = ed25519FromSeed(new Uint8Array(32).fill(1));
const name = "bridge.example/log";
const log = { name, publicKey: publicKeyOf(privateKey) };
const witnessKey = ed25519FromSeed(new Uint8Array(32).fill(2));
const witness = { name: "witness.example", publicKey: publicKeyOf(witnessKey) };

const range = compactRange();
for (const entry of ["a", "b", "c"]) range.append(leafHash(entry));
const checkpoint = { origin: name, size: 3, root: range.root() };
const note = signCheckpoint(checkpoint, { name, privateKey });

describe("a checkpoint", () => {
  it("is three lines, an empty one and a signature", () => {
    expect(checkpointText(checkpoint)).toBe(`${name}\n3\n${Buffer.from(checkpoint.root).toString("base64")}\n`);
    expect(note.startsWith(`${checkpointText(checkpoint)}\n— ${name} `)).toBe(true);
    expect(note.endsWith("\n")).toBe(true);
  });

  it("is verified and read back", () => {
    const verified = verifyCheckpoint(note, [log]);
    expect(verified).toMatchObject({ ok: true, verified: [name], checkpoint: { origin: name, size: 3 } });
    expect(verified.ok && Buffer.from(verified.checkpoint.root).equals(Buffer.from(checkpoint.root))).toBe(true);
  });

  it("names every known key that signed, and passes over those it does not know", () => {
    const both = signCheckpoint(checkpoint, { name, privateKey }, { name: witness.name, privateKey: witnessKey });
    expect(verifyCheckpoint(both, [log, witness])).toMatchObject({ verified: [name, witness.name] });
    expect(verifyCheckpoint(both, [witness])).toMatchObject({ ok: true, verified: [witness.name] });
  });

  it("is refused if nobody known signed, or under another name for the same key", () => {
    expect(verifyCheckpoint(note, [])).toMatchObject({ ok: false, code: "unknown_key" });
    expect(verifyCheckpoint(note, [witness])).toMatchObject({ ok: false, code: "unknown_key" });
    expect(verifyCheckpoint(note, [{ ...log, name: "other.example" }])).toMatchObject({ code: "unknown_key" });
  });

  it("is refused if a known key's signature does not hold, even beside one that does", () => {
    const both = signCheckpoint(checkpoint, { name, privateKey }, { name: witness.name, privateKey: witnessKey });
    const larger = both.replace("\n3\n", "\n4\n");
    expect(verifyCheckpoint(larger, [log])).toMatchObject({ ok: false, code: "signature_invalid" });
    const lines = both.split("\n");
    const forged = signCheckpoint({ ...checkpoint, size: 4 }, { name, privateKey }).split("\n")[4] as string;
    expect(verifyCheckpoint(lines.with(4, forged).join("\n"), [log, witness])).toMatchObject({
      code: "signature_invalid",
    });
  });

  it("is refused after any flipped bit", () => {
    const bytes = Buffer.from(note);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(verifyCheckpoint(flipped.toString(), [log]).ok, `bit ${bit}`).toBe(false);
    }
  }, 30_000);

  it.each([
    ["no signature", checkpointText(checkpoint)],
    ["no final newline", note.slice(0, -1)],
    ["carriage returns", note.replaceAll("\n", "\r\n")],
    ["text after the signatures", `${note}more\n`],
    ["a hyphen for the dash", note.replace("— ", "- ")],
    ["nothing", ""],
    ["too much", "a".repeat(100_000)],
  ])("is malformed with %s", (_, text) => {
    expect(verifyCheckpoint(text, [log])).toMatchObject({ ok: false, code: "malformed" });
  });

  it.each([
    ["a size with a leading zero", `${name}\n03\n${Buffer.alloc(32).toString("base64")}\n`],
    ["a negative size", `${name}\n-3\n${Buffer.alloc(32).toString("base64")}\n`],
    ["a size beyond 2^53", `${name}\n9007199254740993\n${Buffer.alloc(32).toString("base64")}\n`],
    ["a short root", `${name}\n3\n${Buffer.alloc(31).toString("base64")}\n`],
    ["a root with stray bits", `${name}\n3\n${`${"A".repeat(42)}B=`}\n`],
    ["no origin", `\n3\n${Buffer.alloc(32).toString("base64")}\n`],
    ["two lines", `${name}\n3\n`],
  ])("is malformed with %s even when signed", (_, text) => {
    const line = note.split("\n").at(-2) as string;
    expect(parseCheckpoint(`${text}\n${line}\n`)).toMatchObject({ ok: false, code: "malformed" });
  });

  it("may carry extension lines, which are ignored but signed", () => {
    const line = note.split("\n").at(-2) as string;
    const extended = `${checkpointText(checkpoint)}extra 1\n\n${line}\n`;
    expect(parseCheckpoint(extended)).toMatchObject({ ok: true, checkpoint: { size: 3 } });
    expect(verifyCheckpoint(extended, [log])).toMatchObject({ ok: false, code: "signature_invalid" });
  });

  it("is not made of what could not be read back", () => {
    for (const bad of [
      { origin: "" },
      { origin: "a b" },
      { origin: "a\nb" },
      { size: -1 },
      { size: 1.5 },
      { root: new Uint8Array(31) },
    ])
      expect(() => signCheckpoint({ ...checkpoint, ...bad }, { name, privateKey })).toThrow(TypeError);
    for (const badName of ["", "a b", "a+b", "a\u00a0b"])
      expect(() => signCheckpoint(checkpoint, { name: badName, privateKey })).toThrow(TypeError);
  });

  it("never makes the verifier throw", () => {
    const lines = fc.array(fc.string({ unit: codeUnit }), { maxLength: 8 }).map((all) => `${all.join("\n")}\n`);
    fc.assert(fc.property(fc.oneof(fc.string({ unit: codeUnit }), lines), (text) => !verifyCheckpoint(text, [log]).ok));
  });
});
