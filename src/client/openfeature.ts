import {
  ErrorCode,
  type EvaluationContext,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  type ResolutionDetails,
  StandardResolutionReasons,
} from "@openfeature/server-sdk";
import { fenceOf } from "../domain/flag.ts";
import { type Flags, followFlags } from "./flags.ts";
import type { Lighthouse } from "./lighthouse.ts";

/**
 * The bridge's flags for OpenFeature's server SDK (an optional peer dependency: only who imports this needs it).
 *
 * ```ts
 * await OpenFeature.setProviderAndWait(lighthouseProvider(client));
 * const isOn = await OpenFeature.getClient().getBooleanValue("new-summary", false, { targetingKey: "alice" });
 * ```
 *
 * `targetingKey` is the agent's name; `roles` and `expertise`, arrays of words, are what targets look at. Evaluated
 * here, from the flags' events: no call, and microseconds. Flags are boolean; other types are a `TYPE_MISMATCH`.
 */
export const lighthouseProvider = (client: Lighthouse): Provider => {
  let flags: Flags | undefined;
  const events = new OpenFeatureEventEmitter();
  return {
    metadata: { name: "lighthouse" },
    runsOn: "server",
    events,
    initialize: async () => {
      flags = await followFlags(client);
      flags.onChange((name) => events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [name] }));
    },
    onClose: async () => flags?.close(),
    resolveBooleanEvaluation: async (name, fallback, context) => booleanOf(flags, name, fallback, context),
    resolveStringEvaluation: async (_name, fallback) => mismatch(fallback),
    resolveNumberEvaluation: async (_name, fallback) => mismatch(fallback),
    resolveObjectEvaluation: async <T extends JsonValue>(_name: string, fallback: T) => mismatch(fallback),
  };
};

const booleanOf = (
  flags: Flags | undefined,
  name: string,
  fallback: boolean,
  context: EvaluationContext,
): ResolutionDetails<boolean> => {
  if (flags === undefined) return failed(fallback, ErrorCode.PROVIDER_NOT_READY, "the flags are not read yet");
  const state = flags.state(name);
  if (state.status === "none" && !flags.evaluate(name, nobody).value) {
    return failed(fallback, ErrorCode.FLAG_NOT_FOUND, "it was never set");
  }
  const { targetingKey = "" } = context;
  const { value, reason } = flags.evaluate(name, {
    agent: targetingKey,
    roles: wordsOf(context["roles"]),
    expertise: wordsOf(context["expertise"]),
  });
  if (reason === "ERROR") return failed(fallback, ErrorCode.TARGETING_KEY_MISSING, "a share needs a `targetingKey`");
  return {
    value,
    // What is known may be out of date: the value is still the last that was true.
    reason: flags.stale() === undefined ? reason : StandardResolutionReasons.STALE,
    variant: value ? "on" : "off",
    flagMetadata: { fence: fenceOf(state) },
  };
};

const nobody = { agent: "", roles: [], expertise: [] } as const;

const wordsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((word): word is string => typeof word === "string") : [];

const failed = <T>(value: T, errorCode: ErrorCode, errorMessage: string): ResolutionDetails<T> => ({
  value,
  reason: StandardResolutionReasons.ERROR,
  errorCode,
  errorMessage,
});

const mismatch = <T>(fallback: T): ResolutionDetails<T> =>
  failed(fallback, ErrorCode.TYPE_MISMATCH, "the bridge's flags are boolean");
