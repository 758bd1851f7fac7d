import { base64url } from "../../src/signing/digest.ts";
import { handAgent } from "./agent.ts";
import { type Actor, cast, experts, KEY_HOLDER } from "./cast.ts";
import { clientAgent } from "./client-agent.ts";
import { AUDIENCE } from "./host.ts";
import { enrolled, postOf, suiteOf } from "./own-key.ts";
import { person } from "./person.ts";
import type { Plan } from "./plan.ts";
import type { Stage } from "./stage.ts";

/** A bridge runs, everybody is registered, and those who take part are connected, before anything goes wrong. */
export const opening = async (on: Stage, plan: Plan): Promise<void> => {
  const { world, host } = on;
  host.start();
  await world.run(1_000, () => host.bridge() !== undefined);
  for (const actor of cast) register(on, actor);
  await world.run(2_000, () => isEverybodyKnown(on));
  for (const actor of cast) if (plan.agents.includes(actor.name)) enter(on, actor);
  await world.run(world.monotonic() + 500);
};

const isEverybodyKnown = ({ credentials, keyCredential }: Stage): boolean =>
  credentials.size + (keyCredential === undefined ? 0 : 1) === cast.length;

const register = (on: Stage, { name, roles, kind }: Actor): void => {
  const { world, host, credentials } = on;
  const bridge = host.bridge();
  if (bridge === undefined) return world.fail("liveness", "the bridge did not start");
  if (name === KEY_HOLDER) {
    enrolled(on, name, roles).then(
      (credential) => {
        on.keyCredential = credential;
      },
      (error: unknown) => world.fail("no fault", `${name} was not enrolled: ${error}`),
    );
    return;
  }
  const agent = { name, kind, roles, expertise: experts.includes(name) ? ["ports"] : [] } as const;
  bridge.registry.register(agent, { actor: "bridge", trace: null }).then((added) => {
    if (!added.ok) return world.fail("no fault", `${name} was not registered: ${added.refusal.detail}`);
    const { token, macKid, macSecret } = added.credential;
    const secret = base64url(macSecret);
    credentials.set(name, { url: "http://sim", agent: name, token, macKid, macSecret: secret, audience: AUDIENCE });
  });
};

const enter = (on: Stage, actor: Actor): void => {
  if (actor.persona === "operator") return;
  if (actor.name === KEY_HOLDER) return enterWithKey(on, actor);
  const credential = on.credentials.get(actor.name);
  if (credential === undefined) return on.world.fail("liveness", `${actor.name} could not be registered`);
  if (actor.persona === "hermit") return;
  if (actor.persona === "person") return person(on, credential);
  if (actor.persona.startsWith("client")) on.clients.set(actor.name, clientAgent(on, actor, credential));
  else on.hands.set(actor.name, handAgent(on, actor, credential));
};

const enterWithKey = (on: Stage, actor: Actor): void => {
  const { world, sometimes, keyCredential } = on;
  if (keyCredential === undefined) return world.fail("liveness", `${actor.name} could not be enrolled`);
  const made = clientAgent(on, actor, keyCredential, {
    suite: suiteOf(world.seed, actor.name, () => sometimes.saw("own signature forged")),
    post: postOf(on, on.processOf(actor.name)),
    onCredential: (kept) => {
      on.keyCredential = kept;
    },
    onKeyTrouble: () => undefined,
  });
  on.clients.set(actor.name, made);
};
