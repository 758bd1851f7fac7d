import type { Credential, TokenCredential } from "../../src/client/credential.ts";
import { type ConnectOptions, connectWith, type Lighthouse } from "../../src/client/lighthouse.ts";
import { nodeSuite } from "../../src/client/node-suite.ts";
import { fetchPost } from "../../src/client/post.ts";
import { base64url } from "../../src/signing/digest.ts";
import { type MemoryNet, memoryNet } from "./memory-net.ts";
import { seededRng } from "./seeded-rng.ts";
import { type TestAgent, type TestBridge, type TestBridgeOptions, testBridge } from "./test-bridge.ts";

export interface ClientWorld {
  readonly t: TestBridge;
  readonly wires: MemoryNet;
  /** The credential file of a registered agent. */
  readonly credentialOf: (agent: TestAgent) => TokenCredential;
  /** Registers an agent and connects it. */
  readonly join: (name: string, options?: Partial<ConnectOptions>, roles?: readonly string[]) => Promise<Lighthouse>;
  readonly connect: (credential: Credential, options?: Partial<ConnectOptions>) => Promise<Lighthouse>;
}

/** A bridge, a network in memory and agents that connect over it, on one clock that a test moves. */
export const clientWorld = async (options: TestBridgeOptions = {}): Promise<ClientWorld> => {
  const t = await testBridge(options);
  const wires = memoryNet(t.bridge, t.onFault);
  let seed = 100;

  const credentialOf = ({ name, token, credential }: TestAgent): TokenCredential => ({
    url: "http://memory",
    agent: name,
    token,
    macKid: credential.macKid,
    macSecret: base64url(credential.macSecret),
    audience: t.bridge.audience,
  });
  const connect: ClientWorld["connect"] = (credential, more = {}) =>
    connectWith({
      credential,
      net: wires.net,
      clock: t.clock,
      scheduler: t.scheduler,
      rng: seededRng(seed++),
      suite: nodeSuite,
      post: fetchPost,
      ...more,
    });
  return {
    t,
    wires,
    credentialOf,
    connect,
    join: async (name, more, roles) => connect(credentialOf(await t.register(name, roles)), more),
  };
};
