import type { Receipt } from "../../../domain/receipt.ts";
import type { ElicitationView } from "../views.ts";
import type { Desk, Told } from "./desk.ts";
import type { Task } from "./tasks.ts";
import { isEnded, iso } from "./views.ts";

/** A task without what it ends with. */
export type Wait = Pick<Task, "id" | "at" | "updatedAt" | "says"> & { readonly status: "working" | "completed" };

/**
 * A wait as a task. Its id is the question's own, so that the task is as durable as the question, outlives the bridge's
 * process, and is the handle that every other tool takes. Nothing is held for it, and to give it up takes nothing back.
 */
export const waitTask = async (desk: Desk, id: string): Promise<Told<Wait>> => {
  const [view, receipt] = await Promise.all([
    desk.call<ElicitationView>("elicitations.get", { id }),
    desk.call<Receipt>("elicitations.receipt", { id }),
  ]);
  if (!view.ok) return view;
  if (!receipt.ok) return receipt;
  const { status, to, deadline } = view.value;
  const { steps } = receipt.value;
  const at = steps[0]?.at ?? deadline;
  const says = isEnded(status) ? `${id} ${status}` : `${id} is ${status}; ${to} may answer until ${iso(deadline)}`;
  return {
    ok: true,
    value: { id, at, updatedAt: steps.at(-1)?.at ?? at, says, status: isEnded(status) ? "completed" : "working" },
  };
};
