import { type EventTypeName, eventTypes } from "./event.ts";
import type { Json } from "./json.ts";

/** The log was written by a build that knows more than this one: nobody's bug, and nothing to be guessed. */
export class FromANewerBuild extends Error {
  override readonly name = "FromANewerBuild";
}

/** Turns data of one version into data of the next. Pure; never looks anything up. */
export type Upcast = (data: Json) => Json;

/** Plans had no such triggers, so in them they never fire. */
const triggersFrom1: Json = { timeoutsPerMinute: 1e9, agentFailureShare: 1, minAgents: 1, over: "canary" };

/** `upcasts[type][n]` reads version n and gives version n + 1. */
const upcasts: { readonly [T in EventTypeName]?: { readonly [from: number]: Upcast } } = {
  "rollout.started": {
    1: (data) => {
      const { plan, ...rest } = data as { readonly plan: { readonly triggers: { readonly [key: string]: Json } } };
      return { ...rest, plan: { ...plan, triggers: { ...plan.triggers, ...triggersFrom1 } } };
    },
  },
};

/** The data of an old event in today's shape. An event newer than this build is a fault: an old bridge must not guess. */
export const upcast = (type: string, version: number, data: Json, table: typeof upcasts = upcasts): Json => {
  const known = eventTypes[type as EventTypeName];
  if (known === undefined)
    throw new FromANewerBuild(`event type ${type} is unknown to this build: run the build that wrote it`);
  if (version > known.version && table === upcasts) {
    throw new FromANewerBuild(
      `${type} version ${version} is newer than this build (${known.version}): run a newer build`,
    );
  }
  let current = data;
  for (let v = version; ; v++) {
    const step = table[type as EventTypeName]?.[v];
    if (step === undefined) return current;
    current = step(current);
  }
};
