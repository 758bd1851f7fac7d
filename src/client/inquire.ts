import type { Jws } from "../domain/elicitation.ts";
import { inquiryCore, inquiryTyp } from "../domain/inquiry-core.ts";
import type { Json } from "../domain/json.ts";
import { defaultLimits } from "../domain/limit.ts";
import type { Clock, Rng } from "../domain/world.ts";
import type { JsonSchema } from "../schema/node.ts";
import { canonical } from "../signing/canonical.ts";
import type { Identity } from "./identity.ts";
import type { Link } from "./link.ts";
import type { InquiryView } from "./wire.ts";

/** One question to several agents: give names (`to`) or an `expertise`. Times in milliseconds. */
export interface InquireParams {
  readonly to?: readonly string[];
  readonly expertise?: string;
  readonly message: string;
  /** Each answer fits it; any JSON if absent. */
  readonly schema?: JsonSchema;
  /** When there is enough: the first so many answers (1 if absent), all of them, or more than half saying the same. */
  readonly quorum?: { readonly kind: "first"; readonly count: number } | { readonly kind: "majority" | "all" };
  /** How many are asked at once; as many as the quorum needs if absent. */
  readonly width?: number;
  /** Time until its deadline. */
  readonly timeoutMs?: number;
  /** How long one attempt may take before the next candidate is asked. */
  readonly attemptMs?: number;
  /** After how long one more is asked beside those who still think. */
  readonly hedgeMs?: number;
  /** Asked when everybody else has declined or let it pass. */
  readonly finally?: string;
  /** What to assume when there is no agreement; must fit the schema. */
  readonly default?: Json;
  readonly causedBy?: string;
  /** Each answer must carry a signature by its author's own key; whoever has none is not asked. */
  readonly requireEd25519?: boolean;
  /** The same inquiry under the same key is made once; one is made up if absent, so that a lost reply makes no second. */
  readonly key?: string;
}

const KEY_BYTES = 12;

export type SignInquiry = (inquiry: InquireParams & { readonly key: string }) => Promise<Jws>;

/** Signs an inquiry once, for all its attempts, as the bridge and third parties check it. */
export const inquirySigner =
  (identity: Identity, clock: Clock): SignInquiry =>
  async (inquiry) => {
    const { audience, agent } = identity.credential();
    const hashes = {
      schema: await identity.digest(canonical(inquiry.schema ?? {})),
      default: inquiry.default === undefined ? null : await identity.digest(canonical(inquiry.default)),
    };
    const iat = Math.floor(clock.now() / 1_000);
    return identity.sign(inquiryCore(audience, agent, inquiry, hashes, iat), inquiryTyp);
  };

/** Inquiries: asked, read, waited for, taken back. */
export const inquiriesOver = (link: Link, rng: Rng, signer: () => SignInquiry | undefined) => {
  const newKey = (): string =>
    `iq-${Array.from(rng.bytes(KEY_BYTES), (b) => b.toString(16).padStart(2, "0")).join("")}`;

  /** Resolves as soon as it is on disk: with its id, and whom it is put to first and why. */
  const start = async (params: InquireParams): Promise<InquiryView> => {
    const inquiry = { ...params, key: params.key ?? newKey() };
    const sign = signer();
    const signed = sign === undefined ? {} : { signed: await sign(inquiry) };
    return link.call<InquiryView>("inquiries.ask", { ...inquiry, ...signed });
  };
  /** An inquiry of yours as it is now. */
  const get = (id: string): Promise<InquiryView> => link.call<InquiryView>("inquiries.get", { id });
  /** Resolves once it is concluded. `onProgress` is told of every change that a wait saw. */
  const wait = async (
    id: string,
    { signal, onProgress }: { readonly signal?: AbortSignal; readonly onProgress?: (now: InquiryView) => void } = {},
  ): Promise<InquiryView> => {
    const isWatched = onProgress !== undefined || signal !== undefined;
    const waitMs = isWatched ? PROGRESS_MS : defaultLimits.longPollMsMax;
    for (let before = ""; ; ) {
      signal?.throwIfAborted();
      const now = await link.call<InquiryView>("inquiries.wait", { id, waitMs });
      const told = JSON.stringify(now.attempts);
      if (told !== before) onProgress?.(now);
      before = told;
      if (now.status !== "open") return now;
    }
  };
  /** Asks, and resolves once it is concluded. */
  const inquire = async (
    params: InquireParams,
    options: { readonly signal?: AbortSignal; readonly onProgress?: (now: InquiryView) => void } = {},
  ): Promise<InquiryView> => wait((await start(params)).id, options);

  /** Takes it back; whoever still thinks about it is told. */
  const cancel = (id: string): Promise<InquiryView> => link.call<InquiryView>("inquiries.cancel", { id });
  return { inquire, inquiries: { start, get, wait, cancel } };
};

/** How often somebody who wants to see progress is told of it, in milliseconds. */
const PROGRESS_MS = 1_000;
