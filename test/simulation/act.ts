import { type Arm, PUSH_FLAG } from "../../src/domain/arm.ts";
import { armNow } from "../../src/domain/elicitation.ts";
import { fenceOf } from "../../src/domain/flag.ts";
import { attack } from "./attack.ts";
import { byHand } from "./rollout/by-hand.ts";
import type { Stage } from "./stage.ts";
import type { FlagChange, Step } from "./step.ts";

/** Lets one step of the plan happen. */
export const act = (on: Stage, step: Step): void => {
  const { world, disk, net, host, hands, clients, sometimes } = on;
  world.trace.note(world.monotonic(), "step", () => `#${step.n}  ${describe(step)}`);
  switch (step.kind) {
    case "ask":
      hands.get(step.from)?.ask(step);
      clients.get(step.from)?.ask(step);
      return;
    case "inquire":
      return hands.get(step.from)?.inquire(step);
    case "custom":
      return custom(on, step.n, step.from, step.expects);
    case "query":
      return query(on, step.n, step.by);
    case "attack":
      return attack(on, step.how, step.on);
    case "controller":
      return on.controllers.start(step.by, step);
    case "kill":
      return on.controllers.kill(step.by);
    case "hold up":
      return on.controllers.freeze(step.by, step.forMs);
    case "hand":
      return byHand(on, step.how);
    case "mode":
      return wish(on, step.by, step.to);
    case "flag":
      return switchFlag(on, step.to);
    case "reroute":
      return reroute(on, step.arm);
    case "revoke":
      void host.bridge()?.revoke("lea", "the plan says so", "bridge");
      return;
    case "crash": {
      const crash = (): void => host.crash(step.how, step.downMs, step.againAfterMs);
      return step.inAWrite ? disk.inTheNextWrite(crash) : crash();
    }
    case "restart":
      return host.restart(step.downMs);
    case "disk":
      return disk.strike(step.fault, step.forMs);
    case "drop":
      return net.drop(step.agent);
    case "part":
      return net.part(step.agent, step.forMs);
    case "freeze": {
      const frozen = step.agent === null ? host.process() : on.processOf(step.agent);
      sometimes.saw(step.agent === null ? "bridge frozen" : "agent frozen");
      frozen.frozenUntil = Math.max(frozen.frozenUntil, world.monotonic() + step.forMs);
      return;
    }
    case "away":
      return hands.get(step.agent)?.away(step.forMs);
    case "clock":
      sometimes.saw(step.byMs > 0 ? "clock jumped forward" : "clock jumped back");
      return world.jump(step.byMs);
  }
};

const operator = { actor: "operator", trace: null } as const;

/** As an operator does it who has just looked; what a log that is down refuses is not tried again. */
export const switchFlag = ({ host }: Stage, to: FlagChange): void => {
  const bridge = host.bridge();
  if (bridge === undefined) return;
  const fence = fenceOf(bridge.flags.state(PUSH_FLAG));
  if (to === "kill") void bridge.flagSet.kill(PUSH_FLAG, "the plan says so", operator);
  else if (to === "restore") void bridge.flagSet.restore(PUSH_FLAG, undefined, fence, "the plan says so", operator);
  else void bridge.flagSet.set(PUSH_FLAG, { percentage: to, targets: [] }, fence, "the plan says so", operator);
};

export const reroute = ({ host }: Stage, arm: Arm): void => {
  const bridge = host.bridge();
  if (bridge === undefined) return;
  for (const { id, state } of [...bridge.elicitations.open()]) {
    if (armNow(state) !== arm) void bridge.elicit.reroute(id, arm, "the plan says so", operator);
  }
};

/** An operator calls an emergency at the bridge itself; whoever else wants another mode asks for it as anybody does. */
const wish = ({ host, hands, world }: Stage, by: string, to: "emergency" | "recover" | "resume"): void => {
  if (to === "emergency") return void host.bridge()?.degrade.declare("the plan says so", operator);
  hands.get(by)?.call(`mode.${to}`, { reason: "I want it so" }, false, (heard) => {
    if ("result" in heard) world.fail("nobody leaves an emergency but a person", `${by}: mode.${to} was done`);
  });
};

const custom = ({ past, hands, ledger }: Stage, n: number, from: string, expects: boolean): void => {
  const name = "sim.note";
  const revision = past.events.filter(({ stream }) => stream === `custom/${name}`).length - 1;
  const params = { name, payload: { n }, ...(expects ? { expect: revision } : {}) };
  hands.get(from)?.call("events.append", params, false, (heard) => {
    if ("result" in heard) ledger.acknowledged(from, "events.append", params, heard.result);
  });
};

const query = ({ past, hands }: Stage, n: number, by: string): void => {
  const params =
    n % 2 === 0 ? { direction: "backward", limit: 15 } : { after: Math.max(0, past.events.length - 40), limit: 20 };
  hands.get(by)?.call("events.query", params, false, () => undefined);
};

const describe = ({ n: _n, atMs: _at, kind, ...rest }: Step): string => `${kind} ${JSON.stringify(rest)}`;
