import { createServer, type IncomingMessage } from "node:http";
import type { Notification } from "../../src/ops/monitoring/drill.ts";
import { pagerdutyNotification, slackNotification } from "../../src/ops/monitoring/receiver/notification.ts";
import { afterEvent, type Incidents } from "../../src/ops/monitoring/receiver/pagerduty.ts";

/**
 * PagerDuty and Slack, as far as Alertmanager can tell: the paths, the answers and the refusals that they document, on
 * one loopback port. What they would refuse is refused here.
 */
export interface Receivers {
  readonly url: string;
  readonly notifications: () => readonly Notification[];
  readonly incidents: () => Incidents;
  readonly bodies: () => readonly unknown[];
  /** Answers the next so many requests of PagerDuty with 429, as it does when it is called too often. */
  readonly beBusy: (times: number) => void;
  readonly close: () => Promise<void>;
}

export const startReceivers = async (): Promise<Receivers> => {
  const notifications: Notification[] = [];
  const bodies: unknown[] = [];
  let incidents: Incidents = new Map();
  let busy = 0;

  const pagerduty = (body: Readonly<Record<string, unknown>>): readonly [number, string] => {
    if (busy > 0) {
      busy -= 1;
      return [429, JSON.stringify({ status: "throttle exceeded", message: "Too many requests" })];
    }
    const notification = pagerdutyNotification(body);
    const { problems } = notification;
    notifications.push(notification);
    if (problems.length > 0)
      return [400, JSON.stringify({ status: "invalid event", message: "Event object is invalid", errors: problems })];
    incidents = afterEvent(incidents, body);
    return [202, JSON.stringify({ status: "success", message: "Event processed", dedup_key: body["dedup_key"] })];
  };

  const slack = (body: Readonly<Record<string, unknown>>): readonly [number, string] => {
    const notification = slackNotification(body);
    const { problems } = notification;
    notifications.push(notification);
    return problems.length > 0 ? [400, problems[0] ?? "invalid_payload"] : [200, "ok"];
  };

  const server = createServer(async (request, response) => {
    const body = JSON.parse(await textOf(request)) as Readonly<Record<string, unknown>>;
    bodies.push({ path: request.url, body });
    const [status, text] = request.url === "/v2/enqueue" ? pagerduty(body) : slack(body);
    response.writeHead(status).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the receivers have no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    notifications: () => notifications,
    incidents: () => incidents,
    bodies: () => bodies,
    beBusy: (times) => {
      busy = times;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
};
