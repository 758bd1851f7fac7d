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
  /** From now on PagerDuty refuses with this status, or says nothing at all, what this picks; until it is told anew. */
  readonly refuse: (how: number | "silence", which?: (body: Readonly<Record<string, unknown>>) => boolean) => void;
  readonly close: () => Promise<void>;
}

type Body = Readonly<Record<string, unknown>>;

export const startReceivers = async (): Promise<Receivers> => {
  const notifications: Notification[] = [];
  const bodies: unknown[] = [];
  let incidents: Incidents = new Map();
  let refusal: { readonly how: number | "silence"; readonly which: (body: Body) => boolean } | undefined;

  const pagerduty = (body: Body): readonly [number, string] | undefined => {
    if (refusal?.which(body) === true)
      return refusal.how === "silence" ? undefined : [refusal.how, JSON.stringify({ status: "refused for the test" })];
    const notification = pagerdutyNotification(body);
    const { problems } = notification;
    notifications.push(notification);
    if (problems.length > 0)
      return [400, JSON.stringify({ status: "invalid event", message: "Event object is invalid", errors: problems })];
    incidents = afterEvent(incidents, body);
    return [202, JSON.stringify({ status: "success", message: "Event processed", dedup_key: body["dedup_key"] })];
  };

  const slack = (body: Body): readonly [number, string] => {
    const notification = slackNotification(body);
    const { problems } = notification;
    notifications.push(notification);
    return problems.length > 0 ? [400, problems[0] ?? "invalid_payload"] : [200, "ok"];
  };

  const server = createServer(async (request, response) => {
    const body = JSON.parse(await textOf(request)) as Body;
    bodies.push({ path: request.url, body });
    const answer = request.url === "/v2/enqueue" ? pagerduty(body) : slack(body);
    if (answer !== undefined) response.writeHead(answer[0]).end(answer[1]);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the receivers have no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    notifications: () => notifications,
    incidents: () => incidents,
    bodies: () => bodies,
    refuse: (how, which = () => true) => {
      refusal = { how, which };
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
