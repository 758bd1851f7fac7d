import { connect } from "node:net";
import type { Spec } from "../../ops/monitoring/spec/schema.ts";
import type { Logstash } from "../../review/probe/logstash.ts";

const PATIENCE_MS = 5_000;

/** The Logstash of a monitoring.yaml: its port for lines, and its API's count of what came through. */
export const logstashOf = ({ logging: { logstash } }: Spec, signal: AbortSignal): Logstash => ({
  address: logstash.endpoint,
  connect: () => reached(logstash.endpoint),
  counts: async () => {
    const url = `${logstash.api}/_node/stats/pipelines/lighthouse`;
    const timeUp = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const response = await fetch(url, { redirect: "error", signal: timeUp }).catch(() => {
      throw new Error(`nobody answers at ${url}`);
    });
    if (!response.ok) throw new Error(`${url} said ${response.status}`);
    return { asked: `GET ${url}`, status: response.status, body: (await response.json()) as unknown };
  },
});

const reached = (address: string): ReturnType<Logstash["connect"]> =>
  new Promise((resolve) => {
    const at = address.lastIndexOf(":");
    const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), timeout: PATIENCE_MS });
    const end = (isOpen: boolean, says: string): void => {
      socket.destroy();
      resolve({ isOpen, says });
    };
    socket.once("connect", () => end(true, "it takes connections"));
    socket.once("timeout", () => end(false, "no connection in time"));
    socket.once("error", (error: NodeJS.ErrnoException) => end(false, error.code ?? error.name));
  });
