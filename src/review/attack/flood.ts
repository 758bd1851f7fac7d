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
  {
    id: "flood.reads",
    title: "A flood of searches",
    does: "One agent searches the log 120 times at once; a well-behaved one asks in between and is answered.",
    tries: "each agent's reads of the log stand in a line of their own",
    run: async (trial) => {
      const [reader, asker, target] = [
        await trial.casting.register("reader", ["agent"]),
        await trial.agent("asker"),
        await trial.agent("target"),
      ];
      const searching = Promise.all(
        Array.from({ length: SEARCHES }, () => trial.door.call({ path: "/v1/events?limit=1000", token: reader.token })),
      );
      const offer = await trial.ask(asker, target);
      const served = await trial.control(
        "a well-behaved agent is answered meanwhile",
        target,
        answerCall(offer.id, trial.sign(target, offer)),
      );
      const replies = await searching;
      const refused = replies.filter(({ code }) => code === "too_busy").length;
      const says = `${refused} of ${SEARCHES} refused as too_busy; the other's answer took ${Math.round(served.ms)} ms`;
      trial.check("what does not fit in its line is refused", refused > 0, says);
      const others = replies.filter(({ status, code }) => status !== 200 && code !== "too_busy");
      trial.check("the rest is served", others.length === 0, others.length === 0 ? "200" : `${others[0]?.status}`);
      await trial.control("afterwards it reads on", reader, { path: "/v1/events?limit=1" });
    },
  },
];

/** Searches at once: more than any one agent may have under way and in line. */
const SEARCHES = 120;
