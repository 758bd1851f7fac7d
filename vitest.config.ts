import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Compiled once, not again by every process that a file of tests runs in or starts: 1.2 of its 3.5 s of a core.
process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "node-compile-cache");

/** What waits for most of its time, longest first: begun last, it would run alone in the end. */
const long = [
  "test/review/sabotage.e2e.test.ts",
  "test/sabotage/attacks.e2e.test.ts",
  "src/cli/rollout/rollout.e2e.test.ts",
  "test/review/review.ops.test.ts",
  "test/review/demo.ops.test.ts",
  "src/cli/monitoring/commands.ops.test.ts",
  "test/mcp/conformance.ops.test.ts",
  "test/review/watching.ops.test.ts",
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = long.findIndex((path) => moduleId.endsWith(path));
      return at === -1 ? long.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** Files at once. A file of the end-to-end tests waits for half of its time: three keep two cores busy. */
const maxWorkers = Math.max(3, availableParallelism());

/** A test's suffix tells its cost: `.test.ts` no I/O, `.int.test.ts` a real store or port, `.e2e.test.ts` real processes, `.ops.test.ts` real Prometheus, `.vendor.test.ts` servers of other makers. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: ["**/*.int.test.ts", "**/*.e2e.test.ts", "**/*.ops.test.ts", "**/*.vendor.test.ts"],
          maxWorkers,
          // What does no I/O keeps no state either: loading modules anew for each file took 55 of 95 s of a core.
          pool: "threads",
          isolate: false,
        },
      },
      {
        test: {
          name: "int",
          include: ["src/**/*.int.test.ts", "test/**/*.int.test.ts"],
          testTimeout: 60_000,
          maxWorkers,
        },
      },
      // Needs Debian's Prometheus and Alertmanager (`test/ops/install-servers.sh`).
      {
        test: {
          name: "ops",
          include: ["src/**/*.ops.test.ts", "test/**/*.ops.test.ts"],
          testTimeout: 300_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      // Needs what `test/vendors/install.sh` obtains.
      {
        test: {
          name: "vendor",
          include: ["test/vendors/*.vendor.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["src/**/*.e2e.test.ts", "test/**/*.e2e.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers,
        },
      },
    ],
  },
});
