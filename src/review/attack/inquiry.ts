import { inquiryCore, inquiryTyp } from "../../domain/inquiry-core.ts";
import { canonical } from "../../signing/canonical.ts";
import { base64url, sha256 } from "../../signing/digest.ts";
import { signJws } from "../../signing/jws.ts";
import type { Attack } from "./attack.ts";
import { type Actor, keysOf } from "./cast.ts";
import type { Trial } from "./trial.ts";

const different = { codes: ["invalid_input"] } as const;

/** An inquiry, and what its asker signs of it. */
const signedInquiry = (trial: Trial, by: Actor, to: readonly Actor[], from: Actor = by) => {
  const asked = { to: to.map(({ name }) => name), message: "Which one?", key: base64url(trial.bytes(12)) };
  const hashes = { schema: base64url(sha256(canonical({}))), default: null };
  const core = inquiryCore(by.audience, from.name, asked, hashes, trial.iat());
  return { ...asked, signed: signJws(core, keysOf(from), inquiryTyp) };
};

const cast = async (trial: Trial) =>
  [await trial.agent("asker"), await trial.agent("target"), await trial.agent("other")] as const;

/** What an asker has signed once is what is put to all. */
export const inquiry: readonly Attack[] = [
  {
    id: "inquiry.altered",
    title: "An altered inquiry",
    does: "Changes the words, the addressees, the quorum and the default of a signed inquiry on its way.",
    tries: "a signed inquiry says what is asked, of whom and when there is enough",
    run: async (trial) => {
      const [asker, target, other] = await cast(trial);
      for (const [what, change] of [
        ["other words", { message: "Delete everything?" }],
        ["one more addressee", { to: [target.name, other.name] }],
        ["another quorum", { quorum: { kind: "majority" } }],
        ["an answer to assume", { default: "yes" }],
      ] as const) {
        const body = { ...signedInquiry(trial, asker, [target]), ...change };
        await trial.attempt(what, asker, { path: "/v1/inquiries", body }, different);
      }
      await ownGoesThrough(trial, asker, target);
    },
  },
  {
    id: "inquiry.others",
    title: "Another agent's signed inquiry",
    does: "Sends, under its own credential, an inquiry that a third agent has signed.",
    tries: "an inquiry is signed by its own asker",
    run: async (trial) => {
      const [asker, target, other] = await cast(trial);
      const body = signedInquiry(trial, asker, [target], other);
      const wanted = { codes: ["signature_invalid"], leaves: "signature_invalid" };
      await trial.attempt("the other's", asker, { path: "/v1/inquiries", body }, wanted);
      await ownGoesThrough(trial, asker, target);
    },
  },
];

const ownGoesThrough = async (trial: Trial, asker: Actor, target: Actor): Promise<void> => {
  const body = signedInquiry(trial, asker, [target]);
  const asked = await trial.control("its own, unaltered", asker, { path: "/v1/inquiries", body }, 201);
  const { id } = (asked.json ?? {}) as { readonly id?: string };
  if (id === undefined) return;
  await trial.door.call({ path: `/v1/inquiries/${id}/cancel`, body: {}, token: asker.token });
};
