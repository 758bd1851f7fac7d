/**
 * What Alertmanager counts about the notifications of one integration, and what that says about a few of them. It counts
 * by integration (newer ones by receiver too, when told to) and never by alert, so its numbers tell of one notification
 * only while there are no others. Where there are, `crowded` says so, and nothing is concluded.
 */
export interface Tally {
  /** Notifications that were begun; it counts one before its first request. */
  readonly begun: number;
  /** Requests that came back, and how many of those were refused. One that was not refused ends its notification. */
  readonly requests: number;
  readonly refused: number;
  /** Notifications that were given up. */
  readonly failed: number;
}

export type Channel = "pagerduty" | "slack";

const names = {
  begun: "alertmanager_notifications_total",
  requests: "alertmanager_notification_requests_total",
  refused: "alertmanager_notification_requests_failed_total",
  failed: "alertmanager_notifications_failed_total",
} as const satisfies Record<keyof Tally, string>;

/** From the text of Alertmanager's `/metrics`. Lines that name a receiver count only where it is this one. */
export const tallyOf = (metrics: string, integration: Channel, receiver: string): Tally => {
  const lines = metrics.split("\n");
  const sum = (name: string): number =>
    lines
      .filter((line) => line.startsWith(`${name}{`) && line.includes(`integration="${integration}"`))
      .filter((line) => !line.includes("receiver_name=") || line.includes(`receiver_name="${receiver}"`))
      .reduce((total, line) => total + Number(line.split(" ").at(-1)), 0);
  return {
    begun: sum(names.begun),
    requests: sum(names.requests),
    refused: sum(names.refused),
    // Newer ones split failures by reason: all of them are added up.
    failed: sum(names.failed),
  };
};

export const since = (before: Tally, now: Tally): Tally => ({
  begun: now.begun - before.begun,
  requests: now.requests - before.requests,
  refused: now.refused - before.refused,
  failed: now.failed - before.failed,
});

/** Begun, and neither arrived nor given up. */
export const underWay = ({ begun, requests, refused, failed }: Tally): number => begun - (requests - refused) - failed;

export type Standing = "restarted" | "crowded" | "failed" | "waiting" | "arrived";

/** Where so many notifications stand, by what was counted since before the first of them. */
export const standing = (counted: Tally, expected: number): Standing => {
  const { begun, requests, refused, failed } = counted;
  if (Math.min(begun, requests, refused, failed) < 0) return "restarted";
  // Perhaps another's; but what may be this one's is no pass. One that was given up is begun again a moment later.
  if (failed > 0) return "failed";
  // Others' too: whose arrived and whose is on its way, nobody can say.
  if (begun > expected) return "crowded";
  return begun === expected && underWay(counted) === 0 ? "arrived" : "waiting";
};

export const inWords = (counted: Tally, expected: number): string => {
  const { begun, refused } = counted;
  switch (standing(counted, expected)) {
    case "restarted":
      return `${names.begun} began anew: Alertmanager was restarted`;
    case "crowded":
      return `${names.begun} grew by ${begun} instead of ${expected}: others were told at the same time, and whose arrived cannot be told apart`;
    case "failed":
      return `${names.failed} grew by ${counted.failed}, with ${refused} request(s) refused: the product refused it or was not reached${begun > expected ? ` (${begun} were begun; if others were told at the same time, run it again)` : ""}`;
    case "arrived":
      return `${names.begun} grew by ${begun}, every one was taken${refused === 0 ? "" : ` after ${refused} refusal(s)`}, ${names.failed} did not grow`;
    case "waiting":
      if (begun < expected) return `${names.begun} did not grow in time`;
      return refused === 0
        ? `${names.begun} grew, and the product has not answered`
        : `${names.refused} grew by ${refused}: the product keeps refusing it, and Alertmanager keeps trying`;
  }
};
