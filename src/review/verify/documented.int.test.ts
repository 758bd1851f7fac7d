import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { exits } from "../../cli/exit.ts";
import { reasonCodes } from "../certificate/statement.ts";
import { notRunKinds } from "../check.ts";
import { publishedSchemas } from "../published.ts";
import { drawnQuantiles } from "../recompute/quantile.ts";
import { findingCodes } from "./finding.ts";

const page = readFileSync(new URL("../../../docs/certificate.md", import.meta.url), "utf8");

describe("docs/certificate.md", () => {
  test("explains every finding, every reason of a verdict and every reason for not having run", () => {
    for (const code of [...findingCodes, ...reasonCodes, ...notRunKinds]) expect(page).toContain(`\`${code}\``);
  });

  test("names every schema, every exit code and the quantiles that are drawn", () => {
    for (const name of Object.keys(publishedSchemas()).filter((file) => file !== "review-policy.schema.json"))
      expect(page).toContain(`review/${name}`);
    for (const exit of [exits.unverified, exits.conditional, exits.noGo, exits.stale])
      expect(page).toMatch(new RegExp(`^\\|.*\\b${exit.code}\\b.*\\|`, "m"));
    for (const q of drawnQuantiles) expect(page).toMatch(new RegExp(`\\b${q}\\b`));
  });
});
