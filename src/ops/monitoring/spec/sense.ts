import type { Finding } from "./check.ts";
import type { Spec } from "./schema.ts";

/** What a schema cannot say: values that fit their form, and make no sense together. */
export const sense = (
  _spec: Spec,
): { readonly problems: readonly Finding[]; readonly notices: readonly Finding[] } => ({
  problems: [],
  notices: [],
});
