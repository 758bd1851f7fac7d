import type { Json } from "../../domain/json.ts";

/**
 * W3C trace context beside a JSON-RPC message's own members, where MCP puts it as well: `_meta.traceparent` in `params`
 * on the way in, in the pushed data on the way out.
 */
export const metaOf = (trace: string | null): { readonly _meta?: { readonly traceparent: string } } =>
  trace === null ? {} : { _meta: { traceparent: trace } };

const form = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The traceparent if it is one, else null: by the standard, a broken one is as good as none. */
export const traceparentIn = (value: unknown): string | null =>
  typeof value === "string" && form.test(value) ? value : null;

/** Takes `_meta` off the parameters of a call; the rest is the operation's input. */
export const withoutMeta = (params: unknown): { readonly input: unknown; readonly trace: string | null } => {
  if (typeof params !== "object" || params === null || !("_meta" in params)) return { input: params, trace: null };
  const { _meta, ...input } = params as { readonly _meta: Json };
  return { input, trace: traceparentIn((_meta as { readonly traceparent?: unknown } | null)?.traceparent) };
};
