import type { Jws } from "../domain/elicitation.ts";
import type { Json } from "../domain/json.ts";
import type { ElicitationView } from "./wire.ts";

/** How an elicitation ended: exactly one of four, once, for ever. `answer` is the signed envelope, unchanged. */
export type Outcome<Content = Json> = {
  readonly id: string;
  /** Place of its last event in the log. */
  readonly position: number;
} & (
  | { readonly status: "accepted"; readonly content: Content; readonly answer: Jws }
  | { readonly status: "declined"; readonly reason: string; readonly answer: Jws }
  | { readonly status: "cancelled"; readonly reason: string }
  /** `deadline`: milliseconds since 1970. */
  | { readonly status: "expired"; readonly deadline: number }
);

/** The outcome of an elicitation that has ended. Throws a TypeError for one that has not. */
export const outcomeOf = <Content = Json>(view: ElicitationView): Outcome<Content> => {
  const { id, position, reason = "" } = view;
  switch (view.status) {
    case "accepted":
      return { id, position, status: "accepted", content: view.content as Content, answer: view.answer as Jws };
    case "declined":
      return { id, position, status: "declined", reason, answer: view.answer as Jws };
    case "cancelled":
      return { id, position, status: "cancelled", reason };
    case "expired":
      return { id, position, status: "expired", deadline: view.deadline };
    case "asked":
    case "offered":
    case "claimed":
      throw new TypeError(`${id} is ${view.status}: it has not ended`);
  }
};
