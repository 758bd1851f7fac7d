import { Agent, request } from "node:http";
import { answerCore, answerTyp, type Offer } from "../src/domain/answer.ts";
import { signJws } from "../src/signing/jws.ts";
import type { LoadPlan, LoadResult } from "./load-plan.ts";

/**
 * The round trip over HTTP alone, as a script with curl would do it: ask and wait are long polls, the inbox is a long
 * poll, the answer is a request of its own. Each agent is asker and target, and keeps one question in the air.
 */
export const runHttpLoad = async ({ url, agents, warmupMs, measureMs }: LoadPlan): Promise<LoadResult> => {
  const keepAlive = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const { hostname, port } = new URL(url);
  const stopAt = performance.now() + warmupMs + measureMs;
  const measureFrom = performance.now() + warmupMs;
  const samples: number[] = [];
  let refused = 0;
  let total = 0;

  const call = (token: string, method: string, path: string, body?: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        authorization: `Bearer ${token}`,
        ...(text === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
      };
      const sent = request({ agent: keepAlive, host: hostname, port, method, path, headers }, (reply) => {
        let got = "";
        reply.setEncoding("utf8");
        reply.on("data", (chunk: string) => {
          got += chunk;
        });
        reply.on("end", () => {
          if ((reply.statusCode ?? 0) >= 400) reject(new Error(got));
          else resolve(got === "" ? undefined : JSON.parse(got));
        });
      });
      sent.once("error", reject);
      sent.end(text);
    });

  const ask = async (token: string, to: string): Promise<void> => {
    while (performance.now() < stopAt) {
      const begun = performance.now();
      try {
        const { id } = (await call(token, "POST", "/v1/elicitations", { to, message, schema, timeoutMs: 600_000 })) as {
          readonly id: string;
        };
        await call(token, "GET", `/v1/elicitations/${id}/wait?waitMs=30000`);
        total++;
        if (begun >= measureFrom) samples.push(performance.now() - begun);
      } catch (error) {
        if (refused++ === 0) console.error(String(error));
      }
    }
    asking--;
  };

  let asking = agents.length;
  const answer = async (token: string, key: LoadPlan["agents"][number]["key"]): Promise<void> => {
    let seq = Date.now() * 1_000;
    while (asking > 0) {
      try {
        const inbox = (await call(token, "GET", "/v1/inbox?waitMs=1000")) as { readonly items: readonly Item[] };
        for (const { offer } of inbox.items) {
          const core = answerCore(offer, { action: "accept", content }, seq++, Math.floor(Date.now() / 1000));
          await call(token, "POST", `/v1/elicitations/${offer.id}/answer`, {
            answer: signJws(core, [key], answerTyp),
          });
        }
      } catch (error) {
        if (refused++ === 0) console.error(String(error));
      }
    }
  };

  const n = agents.length;
  await Promise.all(
    agents.flatMap(({ token, key }, i) => [answer(token, key), ask(token, agents[(i + n / 2) % n]?.name as string)]),
  );
  keepAlive.destroy();
  samples.sort((a, b) => a - b);
  const at = (q: number): number => samples[Math.floor((samples.length - 1) * q)] ?? Number.NaN;
  return {
    roundTripsPerSecond: Math.round(samples.length / (measureMs / 1000)),
    completed: samples.length,
    total,
    refused,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
    maxMs: at(1),
    generatorLagP99Ms: Number.NaN,
  };
};

interface Item {
  readonly offer: Offer;
}

const schema = { type: "object", properties: { approve: { type: "boolean" } }, required: ["approve"] };
const content = { approve: true };
const message = "May I deploy revision 4f1c of the payments service to production?";
