import type { KeyCredential } from "./credential.ts";
import { type EnrolOptions, type EnrolPorts, enrolWith } from "./enrol.ts";
import { type ClientPorts, type ConnectOptions, connectWith, type Lighthouse } from "./lighthouse.ts";
import { nodeNet } from "./net-node.ts";
import { nodeSuite } from "./node-suite.ts";
import { fetchPost } from "./post.ts";
import { clock, rng, scheduler } from "./world.ts";

/**
 * Connects an agent to its bridge; resolves once a session is open. Ports that are given replace the real world's.
 *
 * ```ts
 * await using alice = await connect(credentialFile(".lighthouse/agents/alice.json"));
 * const outcome = await alice.ask({
 *   to: "bob",
 *   message: "Which port?",
 *   schema: { type: "object", properties: { port: { type: "integer" } }, required: ["port"] },
 * });
 * if (outcome.status === "accepted") console.log(outcome.content.port + 1);
 * ```
 *
 * Throws `LighthouseRefusal` (`unauthenticated`, `agent_revoked`, `too_busy`) or `LighthouseFault` (`unreachable`,
 * `protocol`).
 */
export const connect = (options: ConnectOptions & Partial<ClientPorts>): Promise<Lighthouse> =>
  connectWith({ net: nodeNet, clock, rng, scheduler, suite: nodeSuite, post: fetchPost, ...options });

/**
 * Enrols an agent with the one-time token of its invitation: makes an Ed25519 key that only this agent will hold, and
 * comes back with the credential to `connect` with. Keep it where nobody else can read it.
 *
 * ```ts
 * const credential = await enrol({ url: "https://bridge.example", agent: "bob", invitation: "lhe_…" });
 * await using bob = await connect({ credential, onCredential: keep });
 * ```
 */
export const enrol = (options: EnrolOptions & Partial<EnrolPorts>): Promise<KeyCredential> =>
  enrolWith(options, { clock, suite: nodeSuite, post: fetchPost, ...options });

export type { AgentKind } from "../domain/agent.ts";
export type { Offer } from "../domain/answer.ts";
export type { Jws } from "../domain/elicitation.ts";
export type { EventTypeName } from "../domain/event.ts";
export type { Exchange } from "../domain/exchange.ts";
export type { Json } from "../domain/json.ts";
export type { Problem, RefusalCode } from "../domain/refusal.ts";
export type { Channel, Clock, Net, Rng, Scheduler } from "../domain/world.ts";
export { checkValue } from "../schema/check.ts";
export type { JsonSchema } from "../schema/node.ts";
export type { StandardJsonSchema } from "../schema/standard.ts";
export type { AnswerSchema, Ask, AskHandle, AskOptions, ContentOf, Question } from "./ask.ts";
export {
  type Credential,
  type CredentialRead,
  type KeyCredential,
  readCredential,
  type TokenCredential,
} from "./credential.ts";
export { credentialFile } from "./credential-file.ts";
export type { EnrolOptions } from "./enrol.ts";
export type { Appended, EventFilter, EventQuery } from "./events.ts";
export { type Check, type VerifyOptions, verifyExchange } from "./exchange.ts";
export type { IncomingQuestion } from "./incoming.ts";
export type { InquireParams } from "./inquire.ts";
export type { ClientPorts, ConnectOptions, Lighthouse, NewAgent } from "./lighthouse.ts";
export { type ClientLimits, clientLimits } from "./limit.ts";
export type { ConnectionStatus } from "./link.ts";
export { nodeNet } from "./net-node.ts";
export { nodeSuite } from "./node-suite.ts";
export type { Outcome } from "./outcome.ts";
export { type AnswerOptions, type Declined, decline, type Handler, type Mend } from "./questions.ts";
export { type FaultKind, LighthouseFault, LighthouseRefusal } from "./refusal.ts";
export type { PrivateJwk, Suite } from "./suite.ts";
export type {
  AgentKeyView,
  ElicitationView,
  EndStatus,
  EventPage,
  InquiryView,
  Invited,
  ListedAgent,
  LogEvent,
  OpenStatus,
  Reach,
  Receipt,
  ReceiptStep,
  ShownAgent,
} from "./wire.ts";
