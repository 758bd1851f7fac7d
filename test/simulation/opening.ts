import { base64url } from "../../src/signing/digest.ts";
import { handAgent } from "./agent.ts";
import { type Actor, cast, experts } from "./cast.ts";
import { clientAgent } from "./client-agent.ts";
import { AUDIENCE } from "./host.ts";
import type { Plan } from "./plan.ts";
import type { Stage } from "./stage.ts";

/** A bridge runs, everybody is registered, and those who take part are connected, before anything goes wrong. */
export const opening = async (on: Stage, plan: Plan): Promise<void> => {
  const { world, host, credentials } = on;
  host.start();
  await world.run(1_000, () => host.bridge() !== undefined);
  for (const actor of cast) register(on, actor);
  await world.run(2_000, () => credentials.size === cast.length);
  for (const actor of cast) if (plan.agents.includes(actor.name)) enter(on, actor);
  await world.run(world.monotonic() + 500);
};

const register = ({ world, host, credentials }: Stage, { name, roles }: Actor): void => {
  const bridge = host.bridge();
  if (bridge === undefined) return world.fail("liveness", "the bridge did not start");
  const agent = { name, kind: "ai", roles, expertise: experts.includes(name) ? ["ports"] : [] } as const;
  bridge.registry.register(agent, { actor: "bridge", trace: null }).then((added) => {
    if (!added.ok) return world.fail("no fault", `${name} was not registered: ${added.refusal.detail}`);
    const { token, macKid, macSecret } = added.credential;
    const secret = base64url(macSecret);
    credentials.set(name, { url: "http://sim", agent: name, token, macKid, macSecret: secret, audience: AUDIENCE });
  });
};

const enter = (on: Stage, actor: Actor): void => {
  const credential = on.credentials.get(actor.name);
  if (credential === undefined) return on.world.fail("liveness", `${actor.name} could not be registered`);
  if (actor.persona === "hermit") return;
  if (actor.persona.startsWith("client")) on.clients.set(actor.name, clientAgent(on, actor, credential));
  else on.hands.set(actor.name, handAgent(on, actor, credential));
};
