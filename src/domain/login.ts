import { type Decider, type Decision, decided } from "./decider.ts";
import type { EventData, EventTypeName, Fact } from "./event.ts";

/** One signing in: a reference token that is bound to an agent and the key it signed with, for a limited time. */
export type Login =
  | { readonly status: "none" }
  | { readonly status: "open"; readonly opened: EventData<"login.opened"> }
  | { readonly status: "closed"; readonly opened: EventData<"login.opened"> };

export type LoginFact = Fact<Extract<EventTypeName, `login.${string}`>>;

export type LoginCommand =
  | { readonly type: "open"; readonly opened: EventData<"login.opened"> }
  | { readonly type: "close"; readonly reason: string };

const decide = (state: Login, command: LoginCommand): Decision<LoginFact> => {
  switch (command.type) {
    case "open":
      if (state.status !== "none") throw new Error("a login id was given out twice");
      return decided({ type: "login.opened", data: command.opened });
    case "close":
      return state.status === "open" ? decided({ type: "login.closed", data: { reason: command.reason } }) : decided();
  }
};

const evolve = (state: Login, fact: LoginFact): Login => {
  switch (fact.type) {
    case "login.opened":
      return { status: "open", opened: fact.data };
    case "login.closed":
      return state.status === "none" ? state : { status: "closed", opened: state.opened };
  }
};

export const login: Decider<Login, LoginCommand, LoginFact> = { initial: { status: "none" }, decide, evolve };
