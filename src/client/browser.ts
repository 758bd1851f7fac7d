import type { KeyCredential } from "./credential.ts";
import { type EnrolOptions, type EnrolPorts, enrolWith } from "./enrol.ts";
import { type ClientPorts, type ConnectOptions, connectWith, type Lighthouse } from "./lighthouse.ts";
import { webNet } from "./net-web.ts";
import { fetchPost } from "./post.ts";
import { webSuite } from "./web-suite.ts";
import { clock, rng, scheduler } from "./world.ts";

/** `connect` for browsers (and any runtime with a global `WebSocket` and WebCrypto): nothing here needs Node. */
export const connect = (options: ConnectOptions & Partial<ClientPorts>): Promise<Lighthouse> =>
  connectWith({ net: webNet, clock, rng, scheduler, suite: webSuite, post: fetchPost, ...options });

/** `enrol` for browsers: the key is made by WebCrypto, and the page keeps what comes back. */
export const enrol = (options: EnrolOptions & Partial<EnrolPorts>): Promise<KeyCredential> =>
  enrolWith(options, { clock, suite: webSuite, post: fetchPost, ...options });

export type { AskHandle, Question } from "./ask.ts";
export { type Credential, type KeyCredential, readCredential, type TokenCredential } from "./credential.ts";
export type { IncomingQuestion } from "./incoming.ts";
export type { ClientPorts, ConnectOptions, Lighthouse } from "./lighthouse.ts";
export { type ClientLimits, clientLimits } from "./limit.ts";
export type { ConnectionStatus } from "./link.ts";
export { webNet } from "./net-web.ts";
export type { Outcome } from "./outcome.ts";
export { decline } from "./questions.ts";
export { LighthouseFault, LighthouseRefusal } from "./refusal.ts";
export { webSuite } from "./web-suite.ts";
export type { ElicitationView, ListedAgent, LogEvent, Reach, Receipt } from "./wire.ts";
