import type { Ask } from "./ask.ts";
import type { Json } from "./json.ts";
import type { Problem } from "./refusal.ts";

/** `typ` in the protected header of a question that its asker has signed. */
export const questionTyp = "lighthouse-question+jws";

/**
 * The value that an asker signs: all that it decides itself. The bridge adds an id, a challenge and the deadline, and
 * hashes the whole (`requestCore`), so that an answer is bound to this signature too. Told apart from every other one by
 * its idempotency key, without which there is nothing to sign.
 */
export const questionCore = (
  audience: string,
  from: string,
  ask: Omit<Ask, "schema"> & { readonly key: string },
  /** SHA-256 of the canonical schema, base64url. */
  schemaHash: string,
  /** Seconds since 1970. */
  iat: number,
): Json => ({
  v: 1,
  typ: "lighthouse.question",
  aud: audience,
  from,
  to: ask.to,
  message: ask.message,
  schema: schemaHash,
  timeoutMs: ask.timeoutMs ?? null,
  key: ask.key,
  causedBy: ask.causedBy ?? null,
  requireEd25519: ask.requireEd25519 === true,
  iat,
});

/** Where a signed question, or inquiry, differs from what was asked with it, member by member. */
export const questionProblems = (signed: unknown, expected: Json): readonly Problem[] => {
  if (typeof signed !== "object" || signed === null || Array.isArray(signed)) {
    return [{ pointer: "", message: "must be an object" }];
  }
  const found = signed as { readonly [name: string]: unknown };
  const wanted = expected as { readonly [name: string]: Json };
  const problems: Problem[] = [];
  for (const name in found) {
    if (!Object.hasOwn(wanted, name))
      problems.push({ pointer: `/${name}`, message: "is not a member of what is signed" });
  }
  for (const name in wanted) {
    if (name === "iat") {
      if (!Number.isSafeInteger(found["iat"]))
        problems.push({ pointer: "/iat", message: "must be whole seconds since 1970" });
    } else if (JSON.stringify(sorted(found[name])) !== JSON.stringify(sorted(wanted[name]))) {
      problems.push({ pointer: `/${name}`, message: "differs from what is asked" });
    }
  }
  return problems;
};

/** Members of an inner object in one order; nothing that is signed nests deeper. */
const sorted = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    : value;
