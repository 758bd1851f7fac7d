import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { KeyCredential } from "./credential.ts";
import { credentialFile } from "./credential-file.ts";

const folder = mkdtempSync(join(tmpdir(), "lighthouse-credential-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const credential = {
  url: "http://127.0.0.1:8765",
  agent: "alice",
  token: `lht_${"a".repeat(43)}`,
  macKid: "alice#mac1",
  macSecret: "b".repeat(43),
  audience: "lighthouse://test",
};
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

test("a program connects with its file, and the file follows when the keys change", async () => {
  const path = file("alice.json", JSON.stringify(credential));
  const given = credentialFile(path);
  expect(given.credential).toEqual(credential);
  const changed = { ...credential, macSecret: "c".repeat(43) };
  await given.onCredential?.(changed as never as KeyCredential);
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(changed);
  expect(await given.reread?.()).toEqual(changed);
});

test("a file that others can read, that is none or that is not there is refused, and nothing of it quoted", () => {
  const open = file("open.json", JSON.stringify(credential));
  chmodSync(open, 0o644);
  expect(() => credentialFile(open)).toThrow("chmod 600");
  expect(() => credentialFile(file("none.json", '{"url":"s3cret"}'))).toThrow(/^(?!.*s3cret).*\/agent is missing/);
  expect(() => credentialFile(join(folder, "absent.json"))).toThrow("ENOENT");
});
