import { defaultPolicy } from "../../src/bridge/command/policy.ts";
import type { EventPage } from "../../src/client/wire.ts";
import { decided } from "../../src/domain/decider.ts";
import { fenceOf } from "../../src/domain/flag.ts";
import type { Lease } from "../../src/domain/lease.ts";
import type { Operator } from "../../src/ops/rollout/operator.ts";
import { type Bug, channelWith, telling } from "./wiring.ts";

const expired = <S extends { readonly lease: Lease }>(state: S): S => ({
  ...state,
  lease: { ...state.lease, until: 0 },
});

/** The command as if whoever gives it held the lease. */
const excused = <C extends object>(command: C, { lease }: { readonly lease: Lease }): C =>
  "fence" in command ? { ...command, fence: lease.fence } : command;

const operating =
  (change: (name: string, input: object, real: Operator["operate"]) => Promise<unknown>) =>
  ({ operate, query }: Operator): Operator => ({
    operate: <T>(name: string, input: object) => change(name, input, operate) as Promise<T>,
    query,
  });

const noEvents: EventPage = { events: [], next: null, head: 0 };

/** Mistakes in rollouts, rollbacks, modes and keys. */
export const rolloutBugs = {
  "forgets-who-leads": {
    what: "a lease is given while another holds it",
    wiring: () => ({
      decideRollout: (decide) => (state, command) => decide(command.type === "lease" ? expired(state) : state, command),
      decideRollback: (decide) => (state, command) =>
        decide(command.type === "lease" ? expired(state) : state, command),
    }),
  },
  "takes-any-fence": {
    what: "a controller that was replaced goes on, and is not refused",
    wiring: () => ({
      decideRollout: (decide) => (state, command) => decide(state, excused(command, state)),
      decideRollback: (decide) => (state, command) => decide(state, excused(command, state)),
    }),
  },
  "takes-an-old-flag-fence": {
    what: "a flag is changed on whatever fence that was decided",
    wiring: () => ({
      decideFlag: (decide) => (state, command) =>
        decide(state, command.type === "kill" ? command : { ...command, fence: fenceOf(state) }),
    }),
  },
  "sets-a-step-twice": {
    what: "a controller that takes over does not see that the flag is set already",
    wiring: () => ({
      operator: operating(async (name, input, real) => {
        const reply = await real<object>(name, input);
        return name === "flags.get" ? { ...reply, reason: "" } : reply;
      }),
    }),
  },
  "does-a-step-twice": {
    what: "a step of a rollback that is reported again is written down again",
    wiring: () => ({
      decideRollback: (decide) => (state, command) =>
        command.type === "done" && state.status === "running"
          ? decide({ ...state, done: state.done.filter(({ step }) => step !== command.step.step) }, command)
          : decide(state, command),
    }),
  },
  "leaves-questions-behind": {
    what: "a rollback puts nothing over, and says that there was nothing",
    wiring: () => ({
      operator: ({ operate, query }) => ({
        operate: <T>(name: string, input: object) =>
          name === "arms.open" ? Promise.resolve({ items: [], next: null } as T) : operate<T>(name, input),
        query: async (filter) => (filter.types?.includes("elicitation.asked") === true ? noEvents : query(filter)),
      }),
    }),
  },
  "only-says-that-it-switched": {
    what: "a rollback finds the flag off that it has left on",
    wiring: () => {
      let isBack = false;
      return {
        operator: operating(async (name, input, real) => {
          const { reason = "" } = input as { readonly reason?: string };
          if (name.startsWith("flags.") && reason.startsWith("rollback ")) {
            isBack = true;
            return {};
          }
          if (name === "rollouts.start") isBack = false;
          const reply = await real<object>(name, input);
          if (name === "flags.evaluate") return { ...reply, value: false };
          return name === "flags.get" && isBack ? { ...reply, status: "killed" } : reply;
        }),
      };
    },
  },
  "never-finishes": {
    what: "the end of a rollback is not written down",
    wiring: () => ({
      decideRollback: (decide) => (state, command) => (command.type === "finish" ? decided() : decide(state, command)),
    }),
  },
  "anybody-ends-an-emergency": {
    what: "the policy lets every agent end an emergency",
    wiring: () => ({
      policy: `${defaultPolicy}\n@id("everybody-ends-emergencies")\npermit (principal, action == Action::"recover", resource);\n`,
    }),
  },
  "works-in-an-emergency": {
    what: "the bridge writes down that there is an emergency, and goes on as before",
    wiring: () => ({
      log: telling("projections", (events) => events.filter(({ type }) => type !== "mode.emergency_entered")),
    }),
  },
  "does-not-say-when": {
    what: "who is refused in an emergency is not told when to come again",
    wiring: () => ({
      channel: channelWith({
        send: (inner) => (text, flushed) =>
          inner.send(text.includes('"code":"degraded"') ? text.replace(/,"retryAfterMs":\d+/, "") : text, flushed),
      }),
    }),
  },
  "reads-nothing-in-an-emergency": {
    what: "whoever was refused once in an emergency is refused everything",
    wiring: () => {
      let refusal: string | undefined;
      return {
        channel: channelWith({
          send: (inner) => (text, flushed) => {
            if (text.includes('"code":"degraded"')) refusal = text;
            const id = /^\{"jsonrpc":"2.0","id":(\d+),"result":\{"events"/.exec(text)?.[1];
            const isRead = refusal !== undefined && id !== undefined;
            inner.send(isRead ? (refusal ?? "").replace(/"id":\d+/, `"id":${id}`) : text, flushed);
          },
        }),
      };
    },
  },
  "believes-any-own-signature": {
    what: "an Ed25519 signature holds whatever it is",
    wiring: () => ({ verified: () => true }),
  },
} as const satisfies { readonly [name: string]: Bug };
