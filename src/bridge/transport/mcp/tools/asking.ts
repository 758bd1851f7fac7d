import { type Static, Type } from "typebox";
import type { Receipt } from "../../../../domain/receipt.ts";
import * as elicitations from "../../operations/elicitations.ts";
import { ElicitationId, type ElicitationView, ReachSchema } from "../../views.ts";
import { memberOf, shown, tool, WAIT_MS_DEFAULT, WAIT_MS_MAX } from "../tool.ts";
import { EndShown, endText, iso, showEnd } from "../views.ts";
import { waitTask } from "../wait-task.ts";

const op = elicitations;
const WaitMs = Type.Integer({
  minimum: 0,
  maximum: WAIT_MS_MAX,
  description: `how long to wait, in milliseconds, at most ${WAIT_MS_MAX}`,
});

type Reach = Static<typeof ReachSchema>;

interface Asked {
  readonly id: string;
  readonly deadline: number;
  readonly status: ElicitationView["status"];
  readonly reach: Reach;
  readonly repeated: boolean;
}

export const ask = tool({
  name: "lighthouse_ask",
  title: "Ask another agent",
  description:
    "Ask another agent a question and get a handle (id) at once; the question is then on disk and cannot be lost. " +
    "Give a JSON Schema to get an answer of that shape. Then call lighthouse_wait with the id. " +
    "The target may take minutes: do other work and wait again. Pass `key` if you may retry this call: one key asks once.",
  readOnly: false,
  input: {
    to: memberOf<string>(op.ask, "to"),
    message: memberOf<string>(op.ask, "message"),
    // To say that it is an object keeps models from sending a string that holds JSON. `true` is the same as none.
    schema: Type.Optional(
      Type.Unsafe<object>({
        type: "object",
        description: "JSON Schema (2020-12) that the answer must fit; absent: any JSON",
      }),
    ),
    timeoutMs: Type.Optional(memberOf<number>(op.ask, "timeoutMs")),
    key: Type.Optional(memberOf<string>(op.ask, "key")),
    causedBy: Type.Optional(
      Type.String({
        pattern: "^el_[0-9a-z]{26}$",
        description: "the question you are answering, if that is why you ask",
      }),
    ),
  },
  output: {
    id: ElicitationId,
    status: EndShown.status,
    deadline: Type.String(),
    reach: ReachSchema,
    repeated: Type.Boolean({ description: "true: this key had asked this before, and nothing was asked again" }),
  },
  run: async (desk, input) => {
    const asked = await desk.call<Asked>("elicitations.ask", input);
    if (!asked.ok) return asked;
    const { id, deadline, reach, status, repeated } = asked.value;
    return shown(
      { id, status, deadline: iso(deadline), reach, repeated } as never,
      `${id} is on disk for ${input.to}, who is ${reachText(reach)}. It expires ${iso(deadline)}. ` +
        "Call lighthouse_wait with this id for the answer.",
    );
  },
});

export const wait = tool({
  name: "lighthouse_wait",
  title: "Wait for an answer",
  description:
    "Wait for the outcome of a question you asked: accepted with content, declined, cancelled or expired. " +
    "Returns after `waitMs` if it is still open (`ended` is false); call again with the same id, as often as you like.",
  readOnly: true,
  input: { id: ElicitationId, waitMs: Type.Optional(WaitMs) },
  output: EndShown,
  run: async (desk, { id, waitMs = WAIT_MS_DEFAULT }) => {
    const view = await desk.call<ElicitationView>("elicitations.wait", { id, waitMs });
    if (!view.ok) return view;
    const end = showEnd(view.value);
    return shown(end, endText(end));
  },
  asTask: (desk, { id }) => waitTask(desk, id),
});

export const cancel = tool({
  name: "lighthouse_cancel",
  title: "Take a question back",
  description: "Take back a question you asked, because you no longer need the answer.",
  readOnly: false,
  input: { id: ElicitationId, reason: Type.Optional(memberOf<string>(op.cancel, "reason")) },
  output: EndShown,
  run: async (desk, input) => {
    const view = await desk.call<ElicitationView>("elicitations.cancel", input);
    if (!view.ok) return view;
    const end = showEnd(view.value);
    return shown(end, endText(end));
  },
});

const Step = Type.Object({ at: Type.String(), what: Type.String(), how: Type.Optional(Type.String()) });

export const status = tool({
  name: "lighthouse_status",
  title: "Status and receipt of a question",
  description:
    "What the bridge knows about one question and how it knows it: asked, offered (by which way), claimed, answered. " +
    "`offered` means that its bytes have left for the target, not that anybody read them.",
  readOnly: true,
  input: { id: ElicitationId },
  output: { ...EndShown, steps: Type.Array(Step) },
  run: async (desk, { id }) => {
    const [view, receipt] = await Promise.all([
      desk.call<ElicitationView>("elicitations.get", { id }),
      desk.call<Receipt>("elicitations.receipt", { id }),
    ]);
    if (!view.ok) return view;
    if (!receipt.ok) return receipt;
    const end = showEnd(view.value);
    const steps = receipt.value.steps.map(stepOf);
    const lines = steps.map(({ at, what, how }) => `${at} ${what}${how === undefined ? "" : ` (${how})`}`);
    return shown({ ...end, steps }, [endText(end), "Receipt:", ...lines].join("\n"));
  },
});

const stepOf = (step: Receipt["steps"][number]): { at: string; what: string; how?: string } => {
  const base = { at: iso(step.at), what: step.what };
  switch (step.what) {
    case "offered":
      return { ...base, how: `via ${step.via}, ${step.session}` };
    case "claimed":
      return { ...base, how: `by ${step.holder} until ${iso(step.until)}` };
    case "lease lapsed":
      return { ...base, how: `of ${step.holder}` };
    case "answer refused":
      return { ...base, how: `${step.code}, ${step.problems} to mend` };
    default:
      return base;
  }
};

export const reachText = (reach: Reach): string => `${reachNow(reach)}${provenBy(reach)}${pinged(reach)}`;

const pinged = ({ ping }: Reach): string => {
  if (ping === undefined) return "";
  return ping.ok ? `; answered a ping via ${ping.via} at ${iso(ping.at)}` : `; no answer to a ping at ${iso(ping.at)}`;
};

const provenBy = ({ proof }: Reach): string => {
  if (proof === undefined) return "";
  const heard = proof.heardAt === null ? "has not reacted to one yet" : `last reacted ${iso(proof.heardAt)}`;
  return `; questions last left for it via ${proof.via} at ${iso(proof.offeredAt)}, it ${heard}`;
};

const reachNow = (reach: Reach): string => {
  switch (reach.state) {
    case "reachable":
      return "connected now";
    case "queued":
      return `not connected (last seen ${iso(reach.lastSeen)}); the question waits in its inbox`;
    case "never_seen":
      return "registered but was never seen; the question waits in its inbox";
  }
};
