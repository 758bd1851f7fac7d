import { join } from "node:path";
import { logContract } from "./log.contract.ts";
import { openAt, temporaryFolder } from "./place.contract.ts";

/** Every history of the property opens two logs with their threads. */
const PROPERTY_RUNS = 10;

logContract(
  "sqlite",
  async () => {
    const folder = temporaryFolder();
    return { open: () => openAt(join(folder.path, "events.db")), destroy: async () => folder.remove() };
  },
  PROPERTY_RUNS,
);
