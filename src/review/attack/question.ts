import { questionCore, questionTyp } from "../../domain/question.ts";
import { canonical } from "../../signing/canonical.ts";
import { base64url, sha256 } from "../../signing/digest.ts";
import { signJws } from "../../signing/jws.ts";
import type { Attack } from "./attack.ts";
import { type Actor, keysOf } from "./cast.ts";
import type { Trial } from "./trial.ts";

const different = { codes: ["invalid_input"] } as const;
const DAYS_S = 3 * 86_400;

/** An ask, and what its asker signs of it. */
const signedAsk = (
  trial: Trial,
  by: Actor,
  to: Actor,
  change: { readonly iat?: number; readonly from?: Actor } = {},
) => {
  const ask = { to: to.name, message: "Which one?", schema: {}, key: base64url(trial.bytes(12)) };
  const from = change.from ?? by;
  const schemaHash = base64url(sha256(canonical(ask.schema)));
  const core = questionCore(by.audience, from.name, ask, schemaHash, change.iat ?? trial.iat());
  return { ...ask, signed: signJws(core, keysOf(from), questionTyp) };
};

/** What an asker has signed is what is asked, by it and now. */
export const question: readonly Attack[] = [
  {
    id: "question.altered",
    title: "An altered question",
    does: "Changes the words, the addressee and the schema of a signed question on its way.",
    tries: "a signed question says what is asked",
    run: async (trial) => {
      const [asker, target, other] = [
        await trial.agent("asker"),
        await trial.agent("target"),
        await trial.agent("other"),
      ];
      for (const [what, change] of [
        ["other words", { message: "Delete everything?" }],
        ["another addressee", { to: other.name }],
        ["another schema", { schema: { type: "boolean" } }],
      ] as const) {
        const body = { ...signedAsk(trial, asker, target), ...change };
        await trial.attempt(what, asker, { path: "/v1/elicitations", body }, different);
      }
      const body = signedAsk(trial, asker, target);
      const asked = await trial.control("unaltered", asker, { path: "/v1/elicitations", body }, 201);
      await takenBack(trial, asker, asked.json);
    },
  },
  {
    id: "question.others",
    title: "Another agent's signed question",
    does: "Sends, under its own credential, a question that a third agent has signed.",
    tries: "a question is signed by its own asker",
    run: async (trial) => {
      const [asker, target, other] = [
        await trial.agent("asker"),
        await trial.agent("target"),
        await trial.agent("other"),
      ];
      const body = signedAsk(trial, asker, target, { from: other });
      const wanted = { codes: ["signature_invalid"], leaves: "signature_invalid" };
      await trial.attempt("the other's", asker, { path: "/v1/elicitations", body }, wanted);
      const own = { path: "/v1/elicitations", body: signedAsk(trial, asker, target) };
      const asked = await trial.control("its own", asker, own, 201);
      await takenBack(trial, asker, asked.json);
    },
  },
  {
    id: "question.stale",
    title: "A signed question of another day",
    does: "Sends a question that was signed three days ago, and one of tomorrow.",
    tries: "a signature on a question is good for a day",
    run: async (trial) => {
      const [asker, target] = [await trial.agent("asker"), await trial.agent("target")];
      for (const off of [-DAYS_S, DAYS_S]) {
        const body = signedAsk(trial, asker, target, { iat: trial.iat() + off });
        await trial.attempt(`${off} s off`, asker, { path: "/v1/elicitations", body }, different);
      }
      const own = { path: "/v1/elicitations", body: signedAsk(trial, asker, target) };
      const asked = await trial.control("of now", asker, own, 201);
      await takenBack(trial, asker, asked.json);
    },
  },
];

const takenBack = async (trial: Trial, asker: Actor, asked: unknown): Promise<void> => {
  const { id } = (asked ?? {}) as { readonly id?: string };
  if (id !== undefined) {
    await trial.door.call({ path: `/v1/elicitations/${id}/cancel`, body: {}, token: asker.token });
  }
};
