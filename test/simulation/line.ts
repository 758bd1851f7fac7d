import type { ElicitationView, LogEvent } from "../../src/client/wire.ts";
import type { Offer } from "../../src/domain/answer.ts";
import type { Refusal } from "../../src/domain/refusal.ts";
import type { Channel, Net } from "../../src/domain/world.ts";
import { type Random, random } from "./random.ts";
import type { Process, World } from "./world.ts";

/** What became of a call: an answer, a refusal, or nothing that is known. */
export type Heard =
  | { readonly result: unknown }
  | { readonly refused: Refusal }
  /** The connection was lost before the reply. It may have happened. */
  | { readonly lost: true };

export interface LineOptions {
  /** Sent as `session.open`; null: none is. */
  readonly opening: { readonly inbox: boolean; readonly outcomes: boolean; readonly events: boolean } | null;
  readonly onOffer: (offer: Offer) => void;
  readonly onEnded: (view: ElicitationView) => void;
  /** Questions have to be polled for. */
  readonly onMailbox: () => void;
  readonly onEvent: (event: LogEvent) => void;
  /** The bridge refused what this line asked to be pushed. */
  readonly onRefusedOpening: (refused: Refusal) => void;
}

/** One connection of a hand-written agent, made again whenever it is lost, resumed where it was. */
export interface Line {
  /** `repeatable`: doing it twice is doing it once, so it is sent again until there is a reply. */
  readonly call: (method: string, params: object, repeatable: boolean, done: (heard: Heard) => void) => void;
  /** Leaves, and comes back after a while. */
  readonly away: (forMs: number) => void;
  readonly sendRaw: (text: string) => void;
}

interface Call {
  readonly method: string;
  readonly params: object;
  readonly repeatable: boolean;
  readonly done: (heard: Heard) => void;
}

const CONNECT_TIMEOUT_MS = 3_000;
const OPEN_ID = 0;

export const openLine = (
  world: World,
  owner: Process,
  net: Net,
  token: string,
  name: string,
  options: LineOptions,
): Line => {
  const luck: Random = random(world.seed, "line", name);
  const pending = new Map<number, Call>();
  const again: Call[] = [];
  let channel: Channel | undefined;
  let nextId = OPEN_ID + 1;
  let opened = false;
  const reached = { outcomes: 0, events: 0 };
  let awayUntil = 0;

  const later = (ms: number, task: () => void): void => void world.after(owner, ms, `${name} goes on`, task);

  const send = (call: Call): void => {
    if (channel === undefined) {
      if (call.repeatable) again.push(call);
      else call.done({ lost: true });
      return;
    }
    const id = nextId++;
    pending.set(id, call);
    channel.send(JSON.stringify({ jsonrpc: "2.0", id, method: call.method, params: call.params }));
  };

  const open = (on: Channel): void => {
    if (options.opening === null) return;
    const { events, outcomes } = options.opening;
    const places = [...(outcomes ? [reached.outcomes] : []), ...(events ? [reached.events] : [])];
    const params = opened && places.length > 0 ? { ...options.opening, after: Math.min(...places) } : options.opening;
    on.send(JSON.stringify({ jsonrpc: "2.0", id: OPEN_ID, method: "session.open", params }));
  };

  const receive = (text: string): void => {
    const message = JSON.parse(text) as {
      readonly id?: number;
      readonly method?: string;
      readonly params: never;
      readonly result?: unknown;
      readonly error?: { readonly data?: Refusal; readonly message: string };
    };
    switch (message.method) {
      case "offer":
        return options.onOffer((message.params as { readonly offer: Offer }).offer);
      case "ended": {
        const { elicitation } = message.params as { readonly elicitation: ElicitationView };
        reached.outcomes = Math.max(reached.outcomes, elicitation.position);
        return options.onEnded(elicitation);
      }
      case "event": {
        const { event } = message.params as { readonly event: LogEvent };
        reached.events = event.position;
        return options.onEvent(event);
      }
      case "mailbox":
        return options.onMailbox();
      case "closing":
        return;
    }
    if (message.id === OPEN_ID) return heardOfOpening(message.result, message.error?.data);
    const call = pending.get(message.id as number);
    if (call === undefined) return;
    pending.delete(message.id as number);
    if (message.error === undefined) return call.done({ result: message.result });
    const refused = message.error.data ?? ({ code: "invalid_input", detail: message.error.message } as const);
    const passing = refused.code === "log_unavailable" || refused.code === "shutting_down";
    if (passing && call.repeatable) later(luck.between(100, 1_500), () => send(call));
    else call.done({ refused });
  };

  const heardOfOpening = (result: unknown, refused: Refusal | undefined): void => {
    if (refused !== undefined) return options.onRefusedOpening(refused);
    const { position, mailbox = false } = result as { readonly position: number; readonly mailbox?: boolean };
    if (mailbox) options.onMailbox();
    if (opened) return;
    opened = true;
    reached.outcomes = Math.max(reached.outcomes, position);
    reached.events = Math.max(reached.events, position);
  };

  const lost = (): void => {
    channel = undefined;
    const calls = [...pending.values()];
    pending.clear();
    for (const call of calls) {
      if (call.repeatable) again.push(call);
      else call.done({ lost: true });
    }
    later(Math.max(luck.between(5, 1_500), awayUntil - world.monotonic()), connect);
  };

  const connect = (): void => {
    const giveUp = new AbortController();
    const cancel = world.after(owner, CONNECT_TIMEOUT_MS, `${name} gives up`, () => giveUp.abort());
    net.connect("sim", token, giveUp.signal).then(
      (made) => {
        cancel();
        channel = made;
        made.onMessage = receive;
        made.onClose = lost;
        open(made);
        for (const call of again.splice(0)) send(call);
      },
      () => {
        cancel();
        later(luck.between(50, 1_500), connect);
      },
    );
  };
  connect();

  return {
    call: (method, params, repeatable, done) => send({ method, params, repeatable, done }),
    away: (forMs) => {
      awayUntil = world.monotonic() + forMs;
      channel?.close(1000, "");
    },
    sendRaw: (text) => channel?.send(text),
  };
};
