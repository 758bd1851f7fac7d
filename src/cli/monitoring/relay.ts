import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Notification } from "../../ops/monitoring/drill.ts";
import { pagerdutyNotification, slackNotification } from "../../ops/monitoring/receiver/notification.ts";

/**
 * Stands between the drill's Alertmanager and the products: it sees what arrives and when, holds it against what they
 * document, and passes it on where the drill has an address and a key for it.
 */
export interface Relay {
  readonly url: string;
  readonly notifications: () => readonly Notification[];
  readonly close: () => Promise<void>;
}

export interface Onward {
  /** The real address and the real key for drills; absent: nothing is sent on. */
  readonly pagerduty?: { readonly url: string; readonly key: string };
  readonly slack?: string;
}

export const startRelay = async (onward: Onward): Promise<Relay> => {
  const notifications: Notification[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await textOf(request)) as Readonly<Record<string, unknown>>;
    const isPage = request.url === "/v2/enqueue";
    const notification = isPage ? pagerdutyNotification(body) : slackNotification(body);
    const said = await passOn(onward, isPage, body);
    const problems = [...notification.problems, ...(said.ok ? [] : [said.why])];
    notifications.push({ ...notification, problems });
    response.writeHead(said.status).end(said.text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    notifications: () => notifications,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

interface Said {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
  readonly why: string;
}

/** A product that is slower than this would make Alertmanager send it again. */
const TIMEOUT_MS = 8_000;

const passOn = async (onward: Onward, isPage: boolean, body: Readonly<Record<string, unknown>>): Promise<Said> => {
  const to = isPage ? onward.pagerduty?.url : onward.slack;
  if (to === undefined)
    return { ok: true, status: isPage ? 202 : 200, text: isPage ? '{"status":"success"}' : "ok", why: "" };
  const sent = isPage ? { ...body, routing_key: onward.pagerduty?.key } : body;
  const product = isPage ? "PagerDuty" : "Slack";
  try {
    const response = await fetch(to, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(sent),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    return { ok: response.ok, status: response.status, text, why: `${product} said ${response.status}` };
  } catch {
    return { ok: false, status: 502, text: "", why: `${product} was not reached` };
  }
};

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
};
