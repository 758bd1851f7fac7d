import type { Offer } from "../../src/domain/answer.ts";
import type { HandAgent } from "./agent.ts";
import type { Story } from "./checker/story.ts";
import { AUDIENCE } from "./host.ts";
import type { Stage } from "./stage.ts";
import type { Attack } from "./step.ts";

/** What the forger does to the question of step `n`. It knows every id and every word, and holds no key but its own. */
export const attack = (on: Stage, how: Attack, n: number): void => {
  const fox = on.hands.get("fox");
  if (fox === undefined) return;
  if (how === "no request") {
    return fox.sendRaw(n % 2 === 0 ? "{" : JSON.stringify({ jsonrpc: "1.0", id: 7, method: "x" }));
  }
  if (how === "no credential") {
    const net = on.net.netFor(on.processOf("fox"));
    net.connect("sim", "lht_nobody").catch(() => undefined);
    return;
  }
  const story = on.past.stories.get(on.ids.get(n) ?? "");
  if (story === undefined) return;
  for (const [method, params] of blows(how, story, fox, on)) {
    fox.call(method, params, false, (heard) => {
      if (!("result" in heard)) return;
      on.world.fail("strangers change nothing and learn nothing", `fox: ${method} of ${story.id} (${how})`);
    });
  }
};

const blows = (
  how: Exclude<Attack, "no request" | "no credential">,
  { id, asked }: Story,
  fox: HandAgent,
  { past }: Stage,
): readonly (readonly [method: string, params: object])[] => {
  const answer = (to: string) => {
    const offer: Offer = { ...asked, id, to, audience: AUDIENCE };
    return fox.sign(offer, { action: "accept", content: 1 });
  };
  const blank = { payload: "e30", signatures: [{ protected: "e30", signature: "x" }] };
  switch (how) {
    case "answer in its own name":
      return [["elicitations.answer", { id, answer: answer("fox") }]];
    case "answer in another's name":
      return [["elicitations.answer", { id, answer: answer(asked.to) }]];
    case "replay": {
      const other = [...past.stories.values()].find(({ end }) => end?.answer !== undefined);
      return [["elicitations.answer", { id, answer: other?.end?.answer ?? blank }]];
    }
    case "no envelope":
      return [["elicitations.answer", { id, answer: blank }]];
    case "claim":
      return [["elicitations.claim", { id }]];
    case "cancel":
      return [["elicitations.cancel", { id }]];
    case "read":
      return [
        ["elicitations.get", { id }],
        ["elicitations.receipt", { id }],
        ["elicitations.wait", { id, waitMs: 100 }],
      ];
  }
};
