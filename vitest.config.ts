import { defineConfig } from "vitest/config";

/** A test's suffix tells its cost: `.test.ts` no I/O, `.int.test.ts` a real store or port, `.e2e.test.ts` real processes, `.ops.test.ts` real Prometheus. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: ["**/*.int.test.ts", "**/*.e2e.test.ts", "**/*.ops.test.ts"],
        },
      },
      { test: { name: "int", include: ["src/**/*.int.test.ts", "test/**/*.int.test.ts"], testTimeout: 60_000 } },
      // Needs Debian's Prometheus and Alertmanager (`test/ops/install-servers.sh`).
      {
        test: {
          name: "ops",
          include: ["src/**/*.ops.test.ts", "test/**/*.ops.test.ts"],
          testTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["src/**/*.e2e.test.ts", "test/**/*.e2e.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
