import { DAY_MS, json, measured, notRun, type Probe } from "./probe.ts";

const FILE = "secrets.json";

/** A secret that monitoring.yaml names: everything about it but itself. */
export interface SecretFound {
  /** Where it is named, as a JSON Pointer. */
  readonly pointer: string;
  readonly variable: string;
  readonly set: boolean;
  /** Its length in classes, so that an empty or a cut-off one is seen: 0, 1–7, 8–31, 32 and more. */
  readonly length: "none" | "short" | "medium" | "long";
  /** `CHANGEME` and its like. */
  readonly placeholder: boolean;
}

export const secretsProbe = (look: (() => Promise<readonly SecretFound[]>) | undefined): Probe => ({
  id: "secrets",
  version: 1,
  does: "looks whether every secret that monitoring.yaml names is set and is no placeholder; shows none of them",
  sabotage: "one secret is a placeholder",
  checks: [
    {
      id: "operations.secrets",
      title: "Every secret that monitoring.yaml names is set, and is none that stands for another",
      section: "operations",
      severity: "major",
      ttlMs: DAY_MS,
      measures: [
        {
          name: "set",
          unit: "share of the secrets",
          how: {
            kind: "ratio",
            rows: { file: FILE, each: "" },
            that: [
              [{ at: "/set" }, "eq", { is: true }],
              [{ at: "/placeholder" }, "eq", { is: false }],
            ],
          },
          tolerance: { min: 1 },
        },
      ],
    },
  ],
  run: async () =>
    look === undefined
      ? notRun("unavailable", "there is no monitoring.yaml (--monitoring)")
      : measured(json(FILE, await look())),
});
