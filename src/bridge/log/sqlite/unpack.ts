import { leafHash } from "../../../signing/merkle.ts";
import type { StreamClaim } from "../admit.ts";
import type { AppendMessage } from "./message.ts";
import type { EventRow } from "./row.ts";

/** The claims of the append whose part of the flat array starts at `at`; it takes 1 + 3 values a claim. */
export const takeClaims = (flat: AppendMessage["claims"], at: number): readonly StreamClaim[] => {
  const count = flat[at] as number;
  const claims: StreamClaim[] = [];
  for (let i = 0; i < count; i++) {
    const first = at + 1 + i * 3;
    claims.push({
      stream: flat[first] as string,
      expect: flat[first + 1] as number | "any",
      events: flat[first + 2] as number,
    });
  }
  return claims;
};

/** The event whose columns start at `at`, with its leaf hash. */
export const columnsAt = (columns: AppendMessage["columns"], at: number, stream: string): EventRow => {
  const record = columns[at + 5] as string;
  return {
    stream,
    type: columns[at] as string,
    time: columns[at + 1] as number,
    actor: columns[at + 2] as string,
    parties: columns[at + 3] as string,
    correlation: columns[at + 4] as string,
    leaf: leafHash(record),
    record,
  };
};
