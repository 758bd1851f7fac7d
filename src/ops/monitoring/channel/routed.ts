import { type CallPorts, call } from "../apply/call.ts";

interface ListedAlert {
  readonly receivers: readonly { readonly name: string }[];
  readonly status: {
    readonly state: "active" | "suppressed" | "unprocessed";
    readonly silencedBy: readonly string[];
    readonly inhibitedBy: readonly string[];
  };
}

/** Whether Alertmanager sends the alert of a test to the receiver of its audience, and what keeps it from that. */
export const routedTo = async (
  endpoint: string,
  testId: string,
  receiver: string,
  ports: CallPorts,
): Promise<{ readonly ok: boolean; readonly says: string }> => {
  const url = `${endpoint}/api/v2/alerts?filter=${encodeURIComponent(`drill_id="${testId}"`)}`;
  const called = await call(ports, { method: "GET", url, headers: {}, isRepeatable: true, attempts: 2 });
  if (!called.ok) return { ok: false, says: called.reason };
  const [alert] = called.body as readonly ListedAlert[];
  if (alert === undefined) return { ok: false, says: "GET /api/v2/alerts: it is not there" };
  const { receivers, status } = alert;
  const names = receivers.map(({ name }) => name).join(", ");
  if (names !== receiver) return { ok: false, says: `GET /api/v2/alerts: it goes to ${names}, and not to ${receiver}` };
  if (status.state === "suppressed") {
    const by = [
      ...status.silencedBy.map((id) => `silence ${id}`),
      ...status.inhibitedBy.map((id) => `the alert ${id}, which inhibits it`),
    ];
    return { ok: false, says: `GET /api/v2/alerts: it is muted by ${by.join(" and ")}` };
  }
  return { ok: true, says: `GET /api/v2/alerts: it goes to ${receiver}, and nothing mutes it` };
};
