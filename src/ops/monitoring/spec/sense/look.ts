import type { Finding } from "../check.ts";
import type { Spec } from "../schema.ts";

/** One thing to look at in a spec whose form is right already. */
export type Look = (spec: Spec) => readonly Finding[];
