import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Keyed } from "../../review/run.ts";
import {
  generateEd25519,
  type PublicJwk,
  privateKeyFromPem,
  privateKeyToPem,
  publicJwk,
  thumbprint,
} from "../../signing/keys.ts";
import { Failure } from "../failure.ts";

/** Who measures and who judges. Their keys differ: whoever holds one of them cannot make a certificate alone. */
export const keyRoles = ["prober", "issuer"] as const;
export type KeyRole = (typeof keyRoles)[number];

export const REVIEW_FOLDER = "review";

const fileOf = (folder: string, role: KeyRole): string => join(folder, `${role}.key`);

/** Makes the keys that are not there yet; says which were made. */
export const makeKeys = (folder: string): readonly KeyRole[] => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const missing = keyRoles.filter((role) => !existsSync(fileOf(folder, role)));
  for (const role of missing)
    writeFileSync(fileOf(folder, role), privateKeyToPem(generateEd25519().privateKey), { mode: 0o600, flag: "wx" });
  return missing;
};

export interface ReviewKey extends Keyed {
  readonly jwk: PublicJwk;
}

/** Reads a key that nobody else may read. */
export const readKey = (folder: string, role: KeyRole, name: string): ReviewKey => {
  const path = fileOf(folder, role);
  if (!existsSync(path)) {
    throw new Failure("usage", `There is no ${role}'s key at ${path}.`, {
      remedy: "`lighthouse review keys init` makes one.",
    });
  }
  const { mode } = statSync(path);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new Failure("usage", `${path} can be read by others (mode ${(mode & 0o777).toString(8)}).`, {
      remedy: `Run \`chmod 600 ${path}\`; if others may have read it, make a new one and tell those who trust it.`,
    });
  }
  const privateKey = privateKeyFromPem(readFileSync(path, "utf8"));
  const jwk = publicJwk(privateKey);
  return { name, jwk, signer: { keyid: thumbprint(jwk), privateKey } };
};
