import type { Place } from "../../src/ops/monitoring/apply/place.ts";

export const memoryPlace = (
  name: string,
  files: Map<string, string> = new Map(),
): Place & { files: Map<string, string> } => ({
  name,
  files,
  read: (path) => files.get(path),
  write: (path, text) => void files.set(path, text),
  remove: (path) => void files.delete(path),
});
