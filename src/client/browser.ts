import { type ClientPorts, type ConnectOptions, connectWith, type Lighthouse } from "./lighthouse.ts";
import { webNet } from "./net-web.ts";
import { webSigner } from "./web-signer.ts";
import { clock, rng, scheduler } from "./world.ts";

/** `connect` for browsers (and any runtime with a global `WebSocket` and WebCrypto): nothing here needs Node. */
export const connect = (options: ConnectOptions & Partial<ClientPorts>): Promise<Lighthouse> =>
  connectWith({ net: webNet, clock, rng, scheduler, signer: webSigner(options.credential), ...options });

export type { AskHandle, Question } from "./ask.ts";
export { type Credential, readCredential } from "./credential.ts";
export type { IncomingQuestion } from "./incoming.ts";
export type { ClientPorts, ConnectOptions, Lighthouse } from "./lighthouse.ts";
export { type ClientLimits, clientLimits } from "./limit.ts";
export type { ConnectionStatus } from "./link.ts";
export { webNet } from "./net-web.ts";
export type { Outcome } from "./outcome.ts";
export { decline } from "./questions.ts";
export { LighthouseFault, LighthouseRefusal } from "./refusal.ts";
export { webSigner } from "./web-signer.ts";
export type { ElicitationView, ListedAgent, LogEvent, Reach, Receipt } from "./wire.ts";
