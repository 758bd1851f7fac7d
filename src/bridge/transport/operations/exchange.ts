import { Type } from "typebox";
import { refusal } from "../../../domain/refusal.ts";
import { streamEvents } from "../../projection/elicitations.ts";
import { JwkSchema, keyView } from "../key-view.ts";
import { operation } from "../operation.ts";
import { ElicitationId, JwsSchema, Millis, Name, Position } from "../views.ts";

const Place = { position: Position, time: Millis("when") };

export const ExchangeSchema = Type.Object(
  {
    v: Type.Literal(1),
    typ: Type.Literal("lighthouse.exchange"),
    audience: Type.String(),
    elicitation: ElicitationId,
    question: Type.Optional(JwsSchema),
    answer: Type.Optional(JwsSchema),
    keys: Type.Array(
      Type.Object({
        kid: Type.String(),
        agent: Name,
        alg: Type.Enum(["Ed25519", "HS256"]),
        jwk: Type.Optional(JwkSchema),
        added: Type.Object(Place),
        active: Type.Optional(Type.Object(Place)),
        retiring: Type.Optional(Type.Object({ ...Place, until: Millis("until when it verifies") })),
        revoked: Type.Optional(
          Type.Object({ ...Place, reason: Type.String(), compromisedSince: Type.Optional(Position) }),
        ),
      }),
    ),
    macs: Type.Array(
      Type.Object({ of: Type.Enum(["question", "answer"]), kid: Type.String(), holds: Type.Boolean() }),
      { description: "what the bridge says of the HS256 signatures, which nobody without the secret can check" },
    ),
    log: Type.Optional(
      Type.Object({
        key: Type.String({ description: "C2SP verifier key of the log" }),
        events: Type.Array(
          Type.Object({
            position: Position,
            record: Type.String({ description: "as it was written; SHA-256(0x00 ‖ its UTF-8) is the leaf" }),
            path: Type.Array(Type.String(), { description: "RFC 6962 inclusion proof, lowest first, base64" }),
            checkpoint: Type.String({ description: "C2SP checkpoint" }),
          }),
        ),
      }),
    ),
  },
  { description: "a question, its answer, the public keys and the log's proofs: what `lighthouse verify` checks" },
);

export const exchange = operation({
  name: "elicitations.exchange",
  action: "read",
  summary:
    "All that it takes to check an elicitation of yours without trusting the bridge: envelopes, keys, log proofs.",
  input: Type.Object({ id: ElicitationId }, { additionalProperties: false }),
  output: ExchangeSchema,
  http: { method: "GET", path: "/v1/elicitations/:id/exchange", status: 200 },
  run: async (bridge, who, { id }) => {
    const events = await streamEvents(bridge.log, id);
    const isMine = events[0]?.parties.includes(who.agent) === true || who.mayAudit;
    if (events.length === 0 || !isMine) return hidden;
    const { keys, ...parts } = await bridge.exchange(events);
    const shown = keys.map((key) => {
      const { state: _, epoch: __, ...view } = keyView(key, bridge.now());
      return view;
    });
    const { audience } = bridge;
    const value = { v: 1, typ: "lighthouse.exchange", audience, elicitation: id, ...parts, keys: shown } as const;
    return { ok: true, value: value as never };
  },
});

const hidden = { ok: false, refusal: refusal("not_found", "no elicitation of that id is yours") } as const;
