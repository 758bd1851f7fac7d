import { openOperations } from "../../src/bridge/transport/open/operations.ts";
import type { KeyCredential } from "../../src/client/credential.ts";
import { enrolWith } from "../../src/client/enrol.ts";
import { nodeSuite } from "../../src/client/node-suite.ts";
import type { Post } from "../../src/client/post.ts";
import { LighthouseFault, LighthouseRefusal } from "../../src/client/refusal.ts";
import type { PrivateJwk, Suite } from "../../src/client/suite.ts";
import { ed25519FromSeed } from "../../src/signing/keys.ts";
import type { Host } from "./host.ts";
import type { SimulatedNet } from "./net.ts";
import { random } from "./random.ts";
import type { Scene } from "./scene.ts";
import { latencyMs } from "./wires.ts";
import type { Process, World } from "./world.ts";

interface KeyPorts {
  readonly world: World;
  readonly host: Host;
  readonly net: SimulatedNet;
}

/** As long as the client's own `fetchPost` waits, or nearly. */
const PATIENCE_MS = 5_000;

/** The requests over HTTP that an agent with a key of its own makes: each is there and back, or nobody listens. */
export const postOf = ({ world, host, net }: KeyPorts, owner: Process): Post => {
  const luck = random(world.seed, "post", owner.name);
  return (url, body, token) =>
    new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new LighthouseFault("unreachable", why));
      const back = (act: () => void): void => void world.after(owner, latencyMs(luck), "post answered", act);
      world.after(owner, PATIENCE_MS, "post given up", () => fail("ETIMEDOUT"));
      world.after(null, latencyMs(luck), `post ${url}`, () => {
        const bridge = host.bridge();
        const op = openOperations.find(({ http }) => url.endsWith(http.path));
        const isAway = bridge === undefined || bridge.stopped() !== undefined || net.isParted(owner.name);
        if (isAway) return back(() => fail("ECONNREFUSED"));
        if (op === undefined) return world.fail("no fault", `${url} is served by nothing`);
        const who = { token, trace: null, receivedAt: world.monotonic() };
        op.call(bridge, who, body).then((reply) => {
          const says = (): string => (reply.ok ? "done" : `${reply.refusal.code} (${reply.refusal.detail})`);
          world.trace.note(world.monotonic(), "", () => `${owner.name} posts ${op.name}: ${says()}`);
          if (host.bridge() !== bridge) return back(() => fail("ECONNRESET"));
          back(() => (reply.ok ? resolve(reply.value) : reject(new LighthouseRefusal(reply.refusal))));
        });
      });
    });
};

/** Keys follow from the seed; one signature in so many is not the agent's own. */
export const suiteOf = (seed: number, name: string, onForged: () => void): Suite => {
  const luck = random(seed, "keys", name);
  const forged = new Set<unknown>();
  return {
    ...nodeSuite,
    generate: () => ed25519FromSeed(luck.bytes(32)).export({ format: "jwk" }) as unknown as PrivateJwk,
    sign: (payload, keys, typ) => {
      const jws = nodeSuite.sign(payload, keys, typ) as Awaited<ReturnType<Suite["sign"]>>;
      const [mac, own] = jws.signatures;
      // Of an answer only: who cannot sign in is not there.
      if (mac === undefined || own === undefined || !typ.includes("answer")) return jws;
      // The client answers a refusal by renewing its MAC key and signing once more: that one has to be good.
      const { eid } = payload as { readonly eid?: unknown };
      if (forged.has(eid) || !luck.chance(FORGED)) return jws;
      forged.add(eid);
      onForged();
      return { ...jws, signatures: [mac, { ...own, signature: Buffer.from(luck.bytes(64)).toString("base64url") }] };
    },
  };
};

const FORGED = 0.1;

/** Invites an agent and lets it enrol. */
export const enrolled = async (
  on: KeyPorts & Pick<Scene, "processOf">,
  name: string,
  roles: readonly string[],
): Promise<KeyCredential> => {
  const bridge = on.host.bridge();
  const invited = await bridge?.enrolment.invite(
    { name, kind: "ai", roles, expertise: [] },
    { actor: "bridge", trace: null },
  );
  if (invited?.ok !== true) throw new Error(`${name} cannot be invited`);
  const suite = suiteOf(on.world.seed, `${name} first`, () => undefined);
  const ports = { clock: on.world, suite, post: postOf(on, on.processOf(name)) };
  return enrolWith({ url: "http://sim", agent: name, invitation: invited.token }, ports);
};
