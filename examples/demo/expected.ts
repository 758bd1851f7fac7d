import type { LogEvent } from "../../src/client/index.ts";

/** What has to stand in the log afterwards: each question, what happened to it in order, and how it ended. */
export const expected = [
  {
    asked: "deployer asks reviewer: Where does revision 4f1c go first?",
    happened: ["asked", "offered", "answer_refused", "accepted"],
    end: { canary: "eu-west", port: 8765 },
  },
  {
    asked: "deployer asks reviewer: May I skip the tests, just this once?",
    happened: ["asked", "offered", "declined"],
    end: "Not even once.",
  },
  {
    asked: "deployer asks oracle: Will it hold over the weekend?",
    happened: ["asked", "offered", "expired"],
    end: null,
  },
  {
    asked: "deployer asks dana: Ship 4f1c to production?",
    happened: ["asked", "offered", "accepted"],
    end: { approve: true, window: "tonight", note: "I am on call" },
  },
];

/** The same, as the log tells it. A question may be handed over more than once: the crash came in between. */
export const toldBy = (events: readonly LogEvent[]): typeof expected => {
  const streams = Map.groupBy(
    events.filter(({ subject }) => subject.startsWith("elicitation/")),
    ({ subject }) => subject,
  );
  return [...streams.values()].map((story) => {
    const [first, last] = [story[0] as LogEvent, story.at(-1) as LogEvent];
    const { from, to, message } = first.data as { readonly [member: string]: string };
    const happened = story.map(({ type }) => type.slice("elicitation.".length));
    return {
      asked: `${from} asks ${to}: ${message}`,
      happened: happened.filter((what, n) => what !== "offered" || happened.indexOf("offered") === n),
      end: endOf(last),
    };
  });
};

const endOf = (event: LogEvent): (typeof expected)[number]["end"] => {
  const data = event.data as { readonly answer?: { readonly payload: string }; readonly reason?: string };
  if (event.type === "elicitation.accepted" && data.answer !== undefined) {
    return (JSON.parse(Buffer.from(data.answer.payload, "base64url").toString()) as { readonly content: never })
      .content;
  }
  return data.reason ?? null;
};
