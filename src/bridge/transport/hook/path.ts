/** Where Claude Code posts its hooks to. */
export const HOOK_PATH = "/v1/hooks/claude-code";
