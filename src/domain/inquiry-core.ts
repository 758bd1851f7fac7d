import type { Json } from "./json.ts";

/** `typ` in the protected header of an inquiry that its asker has signed: no question passes for one, and none for it. */
export const inquiryTyp = "lighthouse-inquiry+jws";

/** All of an inquiry that its asker decides. */
export interface SignableInquiry {
  readonly to?: readonly string[] | undefined;
  readonly expertise?: string | undefined;
  readonly message: string;
  readonly quorum?:
    | { readonly kind: "first"; readonly count: number }
    | { readonly kind: "majority" | "all" }
    | undefined;
  readonly width?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly attemptMs?: number | undefined;
  readonly hedgeMs?: number | undefined;
  readonly finally?: string | undefined;
  readonly causedBy?: string | undefined;
  readonly requireEd25519?: boolean | undefined;
  readonly key: string;
}

/** SHA-256 of the canonical form, base64url. */
export interface InquiryHashes {
  readonly schema: string;
  /** Of the declared default; null when there is none. */
  readonly default: string | null;
}

/**
 * The value that an asker signs once for all attempts of an inquiry. Whom each is put to and when, the bridge decides
 * within what is signed: those who are named, those who have the expertise, and the last resort.
 */
export const inquiryCore = (
  audience: string,
  from: string,
  asked: SignableInquiry,
  hashes: InquiryHashes,
  /** Seconds since 1970. */
  iat: number,
): Json => ({
  v: 1,
  typ: "lighthouse.inquiry",
  aud: audience,
  from,
  to: asked.to ?? null,
  expertise: asked.expertise ?? null,
  message: asked.message,
  schema: hashes.schema,
  quorum: asked.quorum === undefined ? null : { ...asked.quorum },
  width: asked.width ?? null,
  timeoutMs: asked.timeoutMs ?? null,
  attemptMs: asked.attemptMs ?? null,
  hedgeMs: asked.hedgeMs ?? null,
  finally: asked.finally ?? null,
  default: hashes.default,
  key: asked.key,
  causedBy: asked.causedBy ?? null,
  requireEd25519: asked.requireEd25519 === true,
  iat,
});

/** What one attempt says of itself. */
export interface AttemptWords {
  readonly from: string;
  readonly to: string;
  readonly message: string;
  readonly schemaHash: string;
  readonly causedBy?: string;
  readonly requireEd25519?: boolean;
}

/** Where an attempt differs from the inquiry that its asker has signed, member by member of what was signed. */
export const attemptProblems = (signed: unknown, audience: string, attempt: AttemptWords): readonly string[] => {
  if (typeof signed !== "object" || signed === null || Array.isArray(signed)) return [""];
  const core = signed as { readonly [name: string]: unknown };
  const wanted = {
    v: 1,
    typ: "lighthouse.inquiry",
    aud: audience,
    from: attempt.from,
    message: attempt.message,
    schema: attempt.schemaHash,
    causedBy: attempt.causedBy ?? null,
    requireEd25519: attempt.requireEd25519 === true,
  } as const;
  const wrong = Object.entries(wanted).flatMap(([name, value]) => (core[name] === value ? [] : [`/${name}`]));
  return mayBePutTo(core, attempt.to) ? wrong : [...wrong, "/to"];
};

const mayBePutTo = ({ to, expertise, finally: last }: { readonly [name: string]: unknown }, agent: string): boolean =>
  last === agent || typeof expertise === "string" || (Array.isArray(to) && to.includes(agent));
