import { join } from "node:path";
import { hookEvents } from "../../bridge/transport/hook/event.ts";
import { HOOK_PATH } from "../../bridge/transport/hook/path.ts";
import { type ConfigFile, type Launch, NotOurs, type Place, TOKEN_VARIABLE } from "./client.ts";
import { editJson, isMembers, type Members, parsed, under, undoJson } from "./json.ts";

/** Longest that Claude Code waits for one of ours, in seconds; they take a tenth of one. */
const TIMEOUT_S = 5;
/** How long the one that waits in the background may, in seconds. */
const WATCH_S = 43_200;

/**
 * Claude Code's hooks, in the settings that are one person's own and not the project's: they name a credential. Hooks
 * of others under the same events stay.
 */
export const claudeCodeHooks = ({ project }: Place): ConfigFile => ({
  path: join(project, ".claude", "settings.local.json"),
  what: `hooks: ${hookEvents.join(", ")}`,
  connect: (before, launch) =>
    editJson(before, (root) => {
      const hooks = under(root, "hooks");
      for (const event of hookEvents) {
        const ours: object[] = [hookOf(launch, event)];
        if (event === "Stop" && launch.wake === true) {
          ours.push({ type: "command", command: commandOf(launch, "Wake"), asyncRewake: true, timeout: WATCH_S });
        }
        const group = event === "PostToolUse" ? { matcher: "*", hooks: ours } : { hooks: ours };
        hooks[event] = [...withoutOurs(hooks[event], event), group];
      }
    }),
  undo: (before) =>
    undoJson(before, (root) => {
      const { hooks } = root as { readonly hooks?: unknown };
      if (!isMembers(hooks)) return;
      for (const event of hookEvents) {
        if (hooks[event] === undefined) continue;
        const rest = withoutOurs(hooks[event], event);
        if (rest.length === 0) delete hooks[event];
        else hooks[event] = rest;
      }
      if (Object.keys(hooks).length === 0) delete root["hooks"];
    }),
  read: (text) => {
    const { hooks } = parsed(text) as { readonly hooks?: unknown };
    const found: Record<string, string> = {};
    const posts: Record<string, string> = {};
    for (const event of hookEvents) {
      for (const group of isMembers(hooks) ? groupsOf(hooks[event], event) : []) {
        for (const call of callsOf(group)) {
          if (call.includes(` hook ${event} --as `)) found[event] = call;
          if (call.endsWith(HOOK_PATH)) posts[event] = call;
        }
      }
    }
    return {
      ...(Object.keys(found).length === 0 ? {} : { hooks: found }),
      ...(Object.keys(posts).length === 0 ? {} : { posts }),
    };
  },
});

/** Posted where that was asked for and where Claude Code posts: it starts a session with commands only. */
const hookOf = (launch: Launch, event: string): object =>
  launch.posts === undefined || event === "SessionStart"
    ? { type: "command", command: commandOf(launch, event), timeout: TIMEOUT_S }
    : {
        type: "http",
        url: `${launch.posts}${HOOK_PATH}`,
        headers: { Authorization: `Bearer $${TOKEN_VARIABLE}` },
        allowedEnvVars: [TOKEN_VARIABLE],
        timeout: TIMEOUT_S,
      };

const commandOf = ({ node, bin, credential }: Launch, event: string): string =>
  [node, bin, "hook", event, "--as", credential].map(quoted).join(" ");

/** For a shell. Plain words stay plain, so that people can read them. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const isOurs = (call: string, event: string): boolean =>
  call.includes(` hook ${event} --as `) ||
  call.endsWith(HOOK_PATH) ||
  (event === "Stop" && call.includes(" hook Wake --as "));

const groupsOf = (groups: unknown, event: string): readonly Members[] => {
  if (groups === undefined) return [];
  if (!Array.isArray(groups) || !groups.every(isMembers)) throw new NotOurs(`the hooks of "${event}" are not a list`);
  return groups;
};

/** What each hook of a group calls: a shell command, or a URL. */
const callsOf = ({ hooks }: { readonly hooks?: unknown }): readonly string[] =>
  Array.isArray(hooks) ? hooks.flatMap((hook) => callOf(hook) ?? []) : [];

const callOf = (hook: unknown): string | undefined => {
  if (!isMembers(hook)) return undefined;
  const call = hook["command"] ?? hook["url"];
  return typeof call === "string" ? call : undefined;
};

/** A group holds several hooks; only those of ours go, and a group that held nothing else goes with them. */
const withoutOurs = (groups: unknown, event: string): readonly Members[] =>
  groupsOf(groups, event).flatMap((group) => {
    if (!callsOf(group).some((call) => isOurs(call, event))) return [group];
    const rest = (group["hooks"] as readonly unknown[]).filter((hook) => !isOurs(callOf(hook) ?? "", event));
    return rest.length === 0 ? [] : [{ ...group, hooks: rest }];
  });
