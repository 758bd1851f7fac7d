/** A secret that was planted, and what it is. */
export interface Canary {
  readonly what: string;
  readonly secret: string;
}

/** A place that was looked at, and the text that was found there. */
export interface Surface {
  readonly where: string;
  readonly text: string;
}

export interface Find {
  readonly where: string;
  readonly what: string;
  /** How it is spelled there. */
  readonly as: string;
  readonly around: string;
}

/** Shortest part of a secret that counts as having got out, in characters: 96 bits of base64. */
const PART_CHARS = 16;

/** Every secret in every text, in every spelling that it could have come through: as it is, hex, base64, percent-encoded. */
export const findCanaries = (canaries: readonly Canary[], surfaces: readonly Surface[]): readonly Find[] =>
  canaries.flatMap(({ what, secret }) =>
    [...spellings(secret)].flatMap(([as, spelled]) =>
      surfaces.flatMap(({ where, text }) => {
        const at = text.indexOf(spelled);
        return at < 0 ? [] : [{ where, what, as, around: text.slice(Math.max(0, at - 60), at + spelled.length + 20) }];
      }),
    ),
  );

const spellings = (secret: string): ReadonlyMap<string, string> => {
  const bare = secret.replace(/^(lh[a-z]_|whsec_)/, "");
  const bytes = Buffer.from(bare, "base64url");
  const found = new Map<string, string>([
    ["as it is", secret],
    ["its first half", bare.slice(0, Math.max(PART_CHARS, bare.length / 2))],
    ["its second half", bare.slice(-Math.max(PART_CHARS, Math.floor(bare.length / 2)))],
    ["base64 of it", Buffer.from(secret, "utf8").toString("base64").replace(/=+$/, "")],
    ["hex of it", Buffer.from(secret, "utf8").toString("hex")],
  ]);
  // What is base64url of bytes may be written as those bytes' hex or standard base64.
  if (bytes.toString("base64url") === bare && bytes.byteLength >= PART_CHARS) {
    found.set("hex of its bytes", bytes.toString("hex"));
    found.set("base64 of its bytes", bytes.toString("base64").replace(/=+$/, ""));
  }
  return found;
};
