import { type ElicitationView, isEnd } from "../../src/client/wire.ts";
import type { Actor } from "./cast.ts";
import type { Heard, Line } from "./line.ts";
import { kindOf, wordsOf } from "./questions.ts";
import { random } from "./random.ts";
import type { Scene } from "./scene.ts";
import type { AskStep, InquireStep } from "./step.ts";

export interface Asking {
  readonly ask: (step: AskStep) => void;
  readonly inquire: (step: InquireStep) => void;
}

/** How a hand-written agent asks: what the plan says, once or again, and what it does with the replies. */
export const asking = (
  { world, sometimes, ledger, ids }: Scene,
  { name }: Actor,
  on: Line,
  isToldOutcomes: boolean,
  later: (ms: number, task: () => void) => void,
): Asking => {
  const ask = (step: AskStep): void => {
    const luck = random(world.seed, "ask", step.n);
    const params = {
      to: step.to,
      message: wordsOf(step.n, step.padChars),
      schema: kindOf(step.n).schema,
      timeoutMs: step.timeoutMs,
      ...(step.key === undefined ? {} : { key: step.key }),
    };
    const send = (what: object, told: (heard: Heard) => void): void =>
      on.call("elicitations.ask", what, step.key !== undefined, told);
    send(params, (heard) => {
      if (!("result" in heard)) return;
      const { id, status } = heard.result as Pick<ElicitationView, "id" | "status">;
      ids.set(step.n, id);
      ledger.acknowledged(name, "elicitations.ask", params, heard.result);
      if (isToldOutcomes) ledger.awaitsOutcome(name, id);
      // It may have ended, and been told, on a connection that is no more.
      if (isEnd(status)) look(id);
      if (step.cancelAfterMs !== undefined) later(step.cancelAfterMs, () => cancel(id));
      const afterMs = luck.between(1, 3_000);
      if (step.again === "later") later(afterMs, () => send(params, (next) => repeated(params, next)));
      if (step.again === "changed") later(afterMs, () => send({ ...params, message: "another" }, conflict));
    });
    if (step.again === "at once") send(params, (heard) => repeated(params, heard));
  };

  const repeated = (params: object, heard: Heard): void => {
    if ("result" in heard) ledger.acknowledged(name, "elicitations.ask", params, heard.result);
  };

  const conflict = (heard: Heard): void => {
    if ("refused" in heard && heard.refused.code === "idempotency_conflict") sometimes.saw("key conflict");
    if ("result" in heard) world.fail("one key asks once", `${name} asked something else with the same key`);
  };

  const look = (id: string): void =>
    on.call("elicitations.get", { id }, true, (heard) => {
      if (!("result" in heard)) return;
      const view = heard.result as ElicitationView;
      if (isEnd(view.status)) ledger.heardOutcome(name, view);
    });

  const cancel = (id: string): void => {
    const params = { id, reason: "not needed" };
    on.call("elicitations.cancel", params, true, (heard) => {
      if ("result" in heard) ledger.acknowledged(name, "elicitations.cancel", params, heard.result);
      if ("refused" in heard) sometimes.saw("cancelled too late");
    });
  };

  const inquire = (step: InquireStep): void => {
    const kind = kindOf(step.n);
    const params = {
      ...(step.to.length > 0 ? { to: step.to } : { expertise: "ports" }),
      message: wordsOf(step.n, 0),
      schema: kind.schema,
      quorum: step.quorum === "first" ? { kind: "first", count: 1 } : { kind: step.quorum },
      timeoutMs: step.timeoutMs,
      ...(step.hedgeMs === undefined ? {} : { hedgeMs: step.hedgeMs }),
      ...(step.hasDefault ? { default: kind.good(random(world.seed, "default", step.n)) } : {}),
    };
    on.call("inquiries.ask", params, false, (heard) => {
      if (!("result" in heard)) return;
      const { id } = heard.result as { readonly id: string };
      ledger.acknowledged(name, "inquiries.ask", params, heard.result);
      on.call("inquiries.wait", { id, waitMs: 4_000 }, true, () => undefined);
      if (step.cancelAfterMs === undefined) return;
      later(step.cancelAfterMs, () => on.call("inquiries.cancel", { id }, true, () => undefined));
    });
  };

  return { ask, inquire };
};
