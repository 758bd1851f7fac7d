import { writeFileSync } from "node:fs";
import { attacks } from "../src/review/attack/list.ts";
import { disabled } from "../test/sabotage/control.ts";
import { attackTable } from "../test/sabotage/table.ts";

/** `node docs/write-attacks.ts`: writes docs/attacks.md from the attacks and the builds that they were tried on. */
writeFileSync(new URL("attacks.md", import.meta.url), attackTable(attacks, disabled));
