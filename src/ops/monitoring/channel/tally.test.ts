import { describe, expect, it } from "vitest";
import { inWords, since, standing, type Tally, tallyOf, underWay } from "./tally.ts";

const counted = (begun: number, requests: number, refused = 0, failed = 0): Tally => ({
  begun,
  requests,
  refused,
  failed,
});

describe("what is counted since a test began", () => {
  it.each([
    ["nothing was begun", counted(0, 0), 1, "waiting"],
    ["one was begun, and nobody answered", counted(1, 0), 1, "waiting"],
    ["one was begun and refused, and is tried again", counted(1, 3, 3), 1, "waiting"],
    ["one was taken", counted(1, 1), 1, "arrived"],
    ["one was taken after two refusals", counted(1, 3, 2), 1, "arrived"],
    ["one was given up", counted(1, 4, 4, 1), 1, "failed"],
    ["one was given up and begun again", counted(2, 4, 4, 1), 1, "failed"],
    ["one was given up, and another taken", counted(2, 2, 1, 1), 1, "failed"],
    ["two were taken, and one is expected", counted(2, 2), 1, "crowded"],
    ["another was taken while one is refused", counted(2, 2, 1), 1, "crowded"],
    ["the second of two is under way", counted(2, 1), 2, "waiting"],
    ["both of two were taken", counted(2, 2), 2, "arrived"],
    ["Alertmanager counts from 0 again", counted(-5, -5), 1, "restarted"],
  ] as const)("%s", (_, tally, expected, stands) => {
    expect(standing(tally, expected)).toBe(stands);
  });

  it("is never an arrival when a request was refused and no later one taken, whatever else was", () => {
    for (let begun = 0; begun <= 3; begun++)
      for (let requests = 0; requests <= 4; requests++)
        for (let refused = 0; refused <= requests; refused++)
          for (let failed = 0; failed <= begun; failed++) {
            const tally = counted(begun, requests, refused, failed);
            if (standing(tally, 1) !== "arrived") continue;
            expect([begun, requests - refused, failed]).toEqual([1, 1, 0]);
          }
  });

  it("is said in words that name the counter", () => {
    expect(inWords(counted(1, 1), 1)).toMatch(/notifications_total grew by 1, every one was taken/);
    expect(inWords(counted(1, 2, 2), 1)).toMatch(/requests_failed_total grew by 2: the product keeps refusing it/);
    expect(inWords(counted(1, 0), 1)).toContain("the product has not answered");
    expect(inWords(counted(0, 0), 1)).toContain("did not grow in time");
    expect(inWords(counted(3, 3), 1)).toMatch(/grew by 3 instead of 1: others were told/);
    expect(inWords(counted(-1, 0), 1)).toContain("was restarted");
  });
});

describe("Alertmanager's metrics", () => {
  const text = [
    'alertmanager_notifications_total{integration="pagerduty"} 7',
    'alertmanager_notifications_total{integration="slack"} 9',
    'alertmanager_notification_requests_total{integration="pagerduty"} 12',
    'alertmanager_notification_requests_failed_total{integration="pagerduty"} 6',
    'alertmanager_notifications_failed_total{integration="pagerduty",reason="clientError"} 1',
    'alertmanager_notifications_failed_total{integration="pagerduty",reason="serverError"} 0',
  ].join("\n");

  it("are read by integration, failures of every reason together", () => {
    expect(tallyOf(text, "pagerduty", "on-call")).toEqual(counted(7, 12, 6, 1));
    expect(underWay(tallyOf(text, "pagerduty", "on-call"))).toBe(0);
    expect(since(counted(5, 9, 5, 1), tallyOf(text, "pagerduty", "on-call"))).toEqual(counted(2, 3, 1, 0));
  });

  it("are read by receiver where they tell receivers apart", () => {
    const newer = [
      'alertmanager_notifications_total{integration="slack",receiver_name="on-call"} 3',
      'alertmanager_notifications_total{integration="slack",receiver_name="immediate"} 40',
    ].join("\n");
    expect(tallyOf(newer, "slack", "on-call").begun).toBe(3);
  });
});
