import type { ServedOperation } from "./operation.ts";
import * as agents from "./operations/agents.ts";
import * as budgets from "./operations/budgets.ts";
import * as elicitations from "./operations/elicitations.ts";
import * as events from "./operations/events.ts";
import * as forms from "./operations/forms.ts";
import * as inquiries from "./operations/inquiries.ts";
import * as keys from "./operations/keys.ts";
import * as membership from "./operations/membership.ts";
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
  elicitations.inbox,
  elicitations.handed,
  forms.open,
  forms.wait,
  webhooks.set,
  webhooks.get,
  webhooks.remove,
  inquiries.ask,
  inquiries.get,
  inquiries.wait,
  inquiries.cancel,
  agents.add,
  agents.list,
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
  events.append,
  events.query,
];
