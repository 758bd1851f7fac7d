import { type Command, Option } from "commander";
import { hookEvents } from "../bridge/transport/hook/event.ts";
import { act, command } from "./command.ts";
import { runHook } from "./hook/run.ts";

/** `lighthouse hook <event>` for the help; `bin/lighthouse.js` runs it without this parser, which takes longer than it. */
export const hookCommand = (): Command =>
  command("hook", "Tell a client's session which questions wait. Clients run it; `connect` tells them to.", {
    examples: `
        lighthouse hook SessionStart --as ./alice.json
        LIGHTHOUSE_CREDENTIAL=./alice.json lighthouse hook Stop`,
  })
    .argument("<event>", hookEvents.join(", "))
    .addOption(new Option("--as <file>", "the agent's credential file").env("LIGHTHOUSE_CREDENTIAL"))
    .action((event: string, { as }: { readonly as?: string }) =>
      act({}, async () => {
        await runHook([event, ...(as === undefined ? [] : ["--as", as])]);
        return undefined;
      }),
    );
