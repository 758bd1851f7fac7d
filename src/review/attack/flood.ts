import type { Attack } from "./attack.ts";
import { answerCall, askCall } from "./trial.ts";

/** Questions of the flood. Above what any shipped role of one agent may ask in a burst. */
const FLOOD = 40;

/** Too much of what is allowed. */
export const flood: readonly Attack[] = [
  {
    id: "flood.asks",
    title: "A flood of questions",
    does: "One agent asks 40 questions as fast as it can; a well-behaved one asks in between and is answered.",
    tries: "rates per agent, and nobody is starved by another",
    run: async (trial) => {
      const [flooder, asker, target] = [
        await trial.casting.register("flooder", ["agent"]),
        await trial.agent("asker"),
        await trial.agent("target"),
      ];
      const flooding = Promise.all(
        Array.from({ length: FLOOD }, () => trial.door.call({ ...askCall(target), token: flooder.token })),
      );
      const offer = await trial.ask(asker, target);
      const served = await trial.control(
        "a well-behaved agent is answered meanwhile",
        target,
        answerCall(offer.id, trial.sign(target, offer)),
      );
      const replies = await flooding;
      const refused = replies.filter(({ code }) => code === "rate_limited");
      const says = `${refused.length} of ${FLOOD} refused as rate_limited; the other's answer took ${Math.round(served.ms)} ms`;
      trial.check("most of the flood is refused", refused.length >= FLOOD / 2, says);
      const told = refused.every((reply) => Number(reply.header("retry-after")) >= 1);
      trial.check("and told when to come back", told, told ? "429 with Retry-After" : "429 without Retry-After");
      await trial.attempt("one more", flooder, askCall(target), { codes: ["rate_limited"] });
      await trial.control("the well-behaved one goes on", asker, { path: "/v1/inbox?peek=true" });
      for (const reply of replies) {
        const { id } = (reply.json ?? {}) as { readonly id?: string };
        if (id === undefined) continue;
        await trial.door.call({ path: `/v1/elicitations/${id}/cancel`, body: {}, token: flooder.token });
      }
    },
  },
];
