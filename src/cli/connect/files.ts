import { claudeCodeHooks } from "./claude-hooks.ts";
import type { ClientName, ConfigFile, Place } from "./client.ts";
import { claudeCodeServer, codexServer, cursorServer, opencodeServer } from "./servers.ts";

/** Every file of each client that holds something of ours. `generic` has none: it is told what to write by hand. */
export const filesOf = (client: ClientName, place: Place): readonly ConfigFile[] => {
  switch (client) {
    case "claude-code":
      return [claudeCodeServer(place), claudeCodeHooks(place)];
    case "codex":
      return [codexServer(place)];
    case "opencode":
      return [opencodeServer(place)];
    case "cursor":
      return [cursorServer(place)];
    case "generic":
      return [];
  }
};
