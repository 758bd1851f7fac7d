import type { Refusal } from "../../../src/domain/refusal.ts";
import type { Sometimes } from "../sometimes.ts";
import type { Connection } from "../wires.ts";
import type { History } from "./history.ts";
import type { Fail, Request } from "./talk.ts";

/** What an emergency keeps out. Everything else goes on in it. */
const newWork: ReadonlySet<string> = new Set([
  "elicitations.ask",
  "inquiries.ask",
  "events.append",
  "agents.add",
  "agents.invite",
]);

const finishing: ReadonlySet<string> = new Set(["elicitations.answer", "elicitations.claim", "elicitations.cancel"]);

/** What an agent hears of the bridge's mode. `isDeclared`: whether the bridge holds itself for not normal now. */
export const modeRules = ({ modes }: History, sometimes: Sometimes, isDeclared: () => boolean, fail: Fail) => ({
  replied: (on: Connection, { method, mode, modeChanges }: Request, result: unknown): void => {
    if (mode === "normal" || modeChanges !== modes.changes()) return;
    if (newWork.has(method) && (result as { readonly repeated?: boolean }).repeated !== true) {
      fail("an emergency takes no new work", on, method);
    }
    if (finishing.has(method)) sometimes.saw("finished in an emergency");
    if (method === "elicitations.get" || method === "events.query") sometimes.saw("read in an emergency");
  },
  refused: (on: Connection, request: Request | undefined, { retryAfterMs = 0 }: Refusal): void => {
    sometimes.saw("refused in an emergency");
    const method = request?.method ?? "nothing";
    if (!newWork.has(method)) fail("in an emergency all but new work goes on", on, `${method} was refused`);
    if (retryAfterMs <= 0) fail("a refusal in an emergency says when to come again", on, method);
    const isNormal = modes.now() === "normal" && request?.modeChanges === modes.changes() && !isDeclared();
    if (isNormal) fail("work is refused in an emergency only", on, method);
  },
});
