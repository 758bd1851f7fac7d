import type { ServedOperation } from "./operation.ts";
import * as agents from "./operations/agents.ts";
import * as arms from "./operations/arms.ts";
import * as budgets from "./operations/budgets.ts";
import * as conditions from "./operations/conditions.ts";
import * as elicitations from "./operations/elicitations.ts";
import * as events from "./operations/events.ts";
import * as exchanges from "./operations/exchange.ts";
import * as flags from "./operations/flags.ts";
import * as forms from "./operations/forms.ts";
import * as inquiries from "./operations/inquiries.ts";
import * as keys from "./operations/keys.ts";
import * as membership from "./operations/membership.ts";
import * as messages from "./operations/messages.ts";
import * as mode from "./operations/mode.ts";
import { ping } from "./operations/ping.ts";
import * as rollouts from "./operations/rollouts.ts";
import * as sessions from "./operations/sessions.ts";
import * as webhooks from "./operations/webhooks.ts";

/** Everything that a client can ask of the bridge, in the order of the documentation. */
export const operations: readonly ServedOperation[] = [
  elicitations.ask,
  elicitations.get,
  elicitations.wait,
  elicitations.claim,
  elicitations.answer,
  elicitations.cancel,
  elicitations.receipt,
  exchanges.exchange,
  elicitations.inbox,
  elicitations.handed,
  forms.open,
  forms.wait,
  messages.wait,
  messages.ack,
  messages.dead,
  messages.requeue,
  messages.discard,
  webhooks.set,
  webhooks.get,
  webhooks.remove,
  inquiries.ask,
  inquiries.get,
  inquiries.wait,
  inquiries.cancel,
  agents.add,
  agents.list,
  ping,
  agents.revoke,
  membership.invite,
  membership.show,
  membership.suspend,
  membership.resume,
  sessions.close,
  keys.rotate,
  keys.revoke,
  keys.rotateMaster,
  budgets.reset,
  flags.list,
  flags.get,
  flags.evaluated,
  flags.set,
  flags.kill,
  flags.restore,
  arms.open,
  arms.reroute,
  arms.probe,
  mode.get,
  mode.emergency,
  mode.recover,
  mode.resume,
  conditions.list,
  conditions.open,
  conditions.acknowledge,
  conditions.claim,
  conditions.resolve,
  conditions.waive,
  conditions.census,
  rollouts.get,
  rollouts.start,
  rollouts.lease,
  rollouts.advance,
  rollouts.pause,
  rollouts.resume,
  rollouts.promote,
  rollouts.abort,
  rollouts.startRollback,
  rollouts.leaseRollback,
  rollouts.advanceRollback,
  events.append,
  events.query,
];
