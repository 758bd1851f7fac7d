import { InvalidArgumentError, Option } from "commander";
import { type EventTypeName, eventTypes } from "../domain/event.ts";

/** `--type`: some eighty words, which belong into an answer to a wrong one and not into every help. */
export const eventTypeOption = (): Option =>
  new Option(
    "--type <type...>",
    "events of these types, as elicitation.accepted; a wrong one lists them all",
  ).argParser((text: string, before: readonly EventTypeName[] = []): readonly EventTypeName[] => {
    if (!Object.hasOwn(eventTypes, text)) {
      throw new InvalidArgumentError(`The types are ${Object.keys(eventTypes).join(", ")}.`);
    }
    return [...before, text as EventTypeName];
  });
