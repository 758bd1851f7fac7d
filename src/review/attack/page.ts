import type { Attack } from "./attack.ts";

const forbidden = { codes: ["forbidden"] } as const;
const inbox = { path: "/v1/inbox?peek=true" } as const;

/** A web page in the browser of somebody who may talk to the bridge. */
export const page: readonly Attack[] = [
  {
    id: "page.origin",
    title: "A call from another site's page",
    does: "Sends a good credential with the Origin of another site.",
    tries: "pages of other origins may not call",
    run: async (trial) => {
      const agent = await trial.agent("target");
      for (const origin of ["https://evil.example", "null"]) {
        await trial.attempt(`Origin ${origin}`, agent, { ...inbox, headers: { origin } }, forbidden);
      }
      await trial.control("without an Origin", agent, inbox);
    },
  },
  {
    id: "page.rebinding",
    title: "A name that was rebound",
    does: "Sends a good credential under a host name that was made to lead to the bridge.",
    tries: "a bridge on loopback is served under its own names",
    run: async (trial) => {
      const agent = await trial.agent("target");
      const headers = { host: "evil.example" };
      if (!isLoopback(trial.url())) trial.skip("the bridge is not on loopback: the proxy in front knows its names");
      await trial.attempt("Host evil.example", agent, { ...inbox, headers }, forbidden);
      await trial.control("under its own name", agent, inbox);
    },
  },
];

const isLoopback = (url: string): boolean => /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]?/.test(url);
