/** Every limit on what a stranger can send or hold, with its unit in its name. Configuration may change most values. */
export const defaultLimits = {
  /** One HTTP body or WebSocket message. The ancestor's hard event limit was 1 MB; ours leaves room for the envelope. */
  messageBytesMax: 1_048_576,
  questionCharsMax: 32_768,
  schemaBytesMax: 65_536,
  answerBytesMax: 262_144,
  customBytesMax: 262_144,
  customNameCharsMax: 128,
  idempotencyKeyCharsMax: 128,
  /** How long an idempotency key is remembered. Older asks are found by their id only. */
  idempotencyWindowMs: 86_400_000,
  reasonCharsMax: 2_048,
  timeoutMsMin: 1_000,
  timeoutMsMax: 7 * 86_400_000,
  /** An AI agent thinks for minutes; the ancestor's 30 s expired most real questions. */
  timeoutMsDefault: 300_000,
  leaseMsMin: 1_000,
  leaseMsMax: 900_000,
  leaseMsDefault: 60_000,
  openPerTargetMax: 1_000,
  openPerAskerMax: 1_000,
  chainDepthMax: 8,
  storyAsksMax: 200,
  storyPairAsksMax: 20,
  storyAgentAsksMax: 60,
  /** Stories that are counted at once; the one that was quiet longest is forgotten first. */
  storiesMax: 10_000,
  /** The seed system's defaults. A role or the configuration can raise them. */
  asksPerMinute: 10,
  answersPerMinute: 20,
  burst: 3,
  /** Questions a minute over all agents: what one core can make durable, with room. */
  asksPerMinuteOfAll: 600_000,
  /** Agents that one inquiry may be put to. */
  candidatesMax: 32,
  /** How long one attempt of an inquiry may take before the next candidate is asked. */
  attemptMsDefault: 60_000,
  inquiriesPerAskerMax: 100,
  /** How long a question that was handed out of a mailbox may go unacknowledged before it is handed out again. */
  mailboxLeaseMsMin: 1_000,
  mailboxLeaseMsMax: 300_000,
  mailboxLeaseMsDefault: 30_000,
  /** Times that it is handed out without being acknowledged before it is a dead letter. */
  mailboxDeliveriesMax: 5,
  /** Dead letters that are listed; older ones are in the log only. */
  deadLettersMax: 10_000,
  flagsMax: 256,
  flagTargetsMax: 64,
  flagTargetNamesMax: 256,
  /** Questions that one call takes out of one arm and puts into the other. */
  rerouteMax: 1_000,
  /** Readings beyond these put the bridge into an emergency by itself. */
  emergencyDiskFreeShareMin: 0.05,
  emergencyAppendP99MsMax: 1_000,
  emergencyErrorShareMax: 0.05,
  /** Fewer appends or calls in a window prove nothing. */
  emergencySamplesMin: 20,
  emergencyWindowMs: 60_000,
  emergencyLookEveryMs: 5_000,
  /** When to try again, while nobody can know when it will be over. */
  emergencyRetryAfterMs: 30_000,
  longPollMsMax: 45_000,
  longPollsPerAgentMax: 32,
  /** Reads of the log that one agent has at once, and more of them that wait in its own line. */
  logReadsAtOncePerAgentMax: 2,
  logReadsWaitingPerAgentMax: 64,
  connectionsMax: 10_000,
  connectionsPerAgentMax: 16,
  subscriptionsPerConnectionMax: 16,
  requestsInFlightPerConnectionMax: 1_024,
  /** A reader that lets more than this pile up is cut off and resumes by position; it never slows others. */
  channelBufferedBytesMax: 4_194_304,
  heartbeatMs: 20_000,
  /** An invitation is read out or pasted once; a quarter of an hour is enough for both. */
  invitationMs: 900_000,
  /** A challenge is asked for and used in one breath. */
  challengeMs: 60_000,
  /** Challenges that were used and have not expired, kept so that none is used twice. */
  challengesSpentMax: 10_000,
  /** How far a proof's `iat` may be from the bridge's clock. */
  clockSkewMsMax: 300_000,
  /** Keys that were replaced go on verifying for a day: what was signed with them is still on its way. */
  keyOverlapMs: 86_400_000,
  /** Rotations cost an event each, which is kept for ever. */
  keyAgeMsMin: 60_000,
  loginIdleMs: 900_000,
  loginMs: 43_200_000,
  loginsPerAgentMax: 64,
  /** What those may do who are nobody yet: ask for challenges, enrol, sign in. From one address, and in all. */
  strangersPerMinute: 1_500,
  strangersBurst: 300,
  strangersPerMinuteOfAll: 6_000,
  strangersBurstOfAll: 1_200,
  strangersAtOnceMax: 128,
  webhookUrlCharsMax: 2_048,
  webhooksAtOnceMax: 16,
  webhooksWaitingMax: 10_000,
  /** How long somebody may have to mend what a review found wanting. */
  conditionMsMax: 30 * 86_400_000,
  /** No waiver outlasts a fortnight. */
  waiverMsMax: 14 * 86_400_000,
  /** Conditions on one bridge, closed ones included: all of them are in every certificate. */
  conditionsMax: 1_000,
  /** How long the one-time form of a question is open to whoever has its URL. */
  formMs: 600_000,
  formsPerAgentMax: 16,
  formsMax: 1_024,
  /** How long a canary may take to be answered. */
  pingMs: 5_000,
  pageEventsMax: 1_000,
  pageEventsDefault: 100,
  seenEveryMs: 60_000,
} as const;

/**
 * Limits that stand in the published description of the doors, so that a client that was made from it works with every
 * bridge. Those that are `fixed` cannot be configured; the others only within what is published.
 */
export const publishedLimits: Readonly<Partial<Record<keyof typeof defaultLimits, "fixed" | "at most" | "at least">>> =
  {
    questionCharsMax: "fixed",
    customNameCharsMax: "fixed",
    idempotencyKeyCharsMax: "fixed",
    reasonCharsMax: "fixed",
    leaseMsMin: "fixed",
    leaseMsMax: "fixed",
    leaseMsDefault: "fixed",
    mailboxLeaseMsMin: "fixed",
    mailboxLeaseMsMax: "fixed",
    mailboxLeaseMsDefault: "fixed",
    longPollMsMax: "fixed",
    pageEventsMax: "fixed",
    pageEventsDefault: "fixed",
    webhookUrlCharsMax: "fixed",
    rerouteMax: "fixed",
    flagTargetsMax: "fixed",
    flagTargetNamesMax: "fixed",
    timeoutMsMin: "at least",
    timeoutMsMax: "at most",
    timeoutMsDefault: "at most",
    candidatesMax: "at most",
  };

export type Limits = { readonly [K in keyof typeof defaultLimits]: number };
