import type { Attack } from "./attack.ts";

/** Ways to write an address that only the bridge's machine or network can reach. */
const inward = [
  "http://example.com/hook",
  "https://127.0.0.1/hook",
  "https://localhost/hook",
  "https://x.localhost/hook",
  "https://2130706433/hook",
  "https://0x7f000001/hook",
  "https://0177.0.0.1/hook",
  "https://127.1/hook",
  "https://[::1]/hook",
  "https://[::ffff:127.0.0.1]/hook",
  "https://[fd00::1]/hook",
  "https://169.254.169.254/latest/meta-data/",
  "https://10.0.0.1/hook",
  "https://100.64.0.1/hook",
  "https://user:password@example.com/hook",
  "file:///etc/passwd",
  "gopher://example.com/",
] as const;

/** An agent says where its questions are posted to. */
export const webhook: readonly Attack[] = [
  {
    id: "webhook.inward",
    title: "A webhook that leads inward (SSRF)",
    does: `Sets ${inward.length} webhook URLs that lead to the bridge's own machine or network.`,
    tries: "webhooks lead to the public internet alone",
    run: async (trial) => {
      const agent = await trial.agent("target");
      const set = (url: string) => ({ path: "/v1/webhook", body: { url } });
      // An address of the public internet, so that no name has to resolve; nothing is asked of this agent meanwhile.
      const good = await trial.door.call({ ...set("https://1.1.1.1/hook"), token: agent.token });
      if (good.code === "forbidden") trial.skip("this bridge posts no webhooks");
      const local = await trial.door.call({ ...set("http://127.0.0.1:9/hook"), token: agent.token });
      if (local.status === 200) {
        await trial.door.call({ path: "/v1/webhook", method: "DELETE", token: agent.token });
        if (trial.allowed.privateWebhooks === true) trial.skip("its operator lets webhooks lead inward");
        trial.check("a plain URL on loopback is refused", false, "200");
      }
      for (const url of inward) await trial.attempt(url, agent, set(url), { codes: ["invalid_input"] });
      await trial.control("one that leads outward", agent, set("https://1.1.1.1/hook"));
      await trial.control("taken away", agent, { path: "/v1/webhook", method: "DELETE" });
    },
  },
];
