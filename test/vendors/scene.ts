import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Credential, connect, type Lighthouse } from "../../src/client/index.ts";
import { type Ended, folder, type Serving } from "../support/processes.ts";

/** A bridge as people start it, with a monitoring.yaml, and two agents at it: alice who asks and bob who answers. */
export interface Scene {
  readonly bridge: Serving;
  /** Its monitoring.yaml. */
  readonly monitoring: string;
  readonly alice: Lighthouse;
  readonly bob: Lighthouse;
  readonly run: (...args: string[]) => Promise<Ended>;
  readonly close: () => Promise<void>;
}

export const scene = async (monitoring: string): Promise<Scene> => {
  const place = folder();
  const file = join(place.data, "monitoring.yaml");
  mkdirSync(place.data, { mode: 0o700 });
  writeFileSync(file, monitoring);
  const bridge = await place.serve();
  const operator = JSON.parse(readFileSync(join(place.data, "operator.json"), "utf8")) as Credential;
  const admin = await connect({ credential: { ...operator, url: bridge.url } });
  const enter = async (name: string): Promise<Lighthouse> =>
    connect({ credential: await admin.agents.add({ name, kind: "ai", roles: ["agent", "system"] }) });
  const [alice, bob] = [await enter("alice"), await enter("bob")];
  return {
    bridge,
    monitoring: file,
    alice,
    bob,
    run: place.run,
    close: async () => {
      for (const client of [alice, bob, admin]) client.close();
      await place.cleanUp();
    },
  };
};

/** A question and its answer; its id. */
export const oneRoundTrip = async ({ alice, bob }: Scene): Promise<string> => {
  const stopping = new AbortController();
  bob.answerWith(async () => true, { signal: stopping.signal }).catch(() => undefined);
  const { id, status } = await alice.ask({ to: "bob", message: "Is all well?", schema: { type: "boolean" } });
  stopping.abort();
  if (status !== "accepted") throw new Error(`the answer was ${status}`);
  return id;
};
