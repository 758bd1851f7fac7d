import type { ShapeSchema } from "./json.ts";

/** The words in which the shapes of events are written. */

export const text = { type: "string" } as const;
export const time = { type: "integer", description: "milliseconds since 1970" } as const;
export const count = { type: "integer", minimum: 0 } as const;
export const strings = { type: "array", items: text } as const;

export const object = <
  const P extends { readonly [key: string]: ShapeSchema },
  const R extends readonly (keyof P & string)[],
>(
  properties: P,
  required: R,
) => ({ type: "object", properties, required, additionalProperties: false }) as const;
