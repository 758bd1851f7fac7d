import { spawn } from "node:child_process";

/** What a program said, and whether it was content. */
export interface Said {
  readonly ok: boolean;
  readonly text: string;
}

/**
 * Runs promtool, amtool or a server's own check. A missing program is a failure and never a reason to skip: a rule that
 * was not checked is not known to be right.
 */
export const run = (program: string, args: readonly string[], cwd?: string): Promise<Said> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...(cwd === undefined ? {} : { cwd }) });
    const said: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
    child.on("error", () =>
      reject(new Error(`${program} is not on PATH. Install it with: sh test/ops/install-servers.sh`)),
    );
    child.on("close", (code) => resolve({ ok: code === 0, text: Buffer.concat(said).toString("utf8") }));
  });

/** Does something for each item, so many at a time, results in the order of the items. */
export const inParallel = async <T, R>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> => {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
};

/** A file of stories, as far as its cost goes. */
export interface Stories {
  readonly tests: readonly {
    readonly interval: string;
    readonly input_series: readonly unknown[];
    readonly promql_expr_test: readonly { readonly eval_time: string }[];
  }[];
}

/** Evaluations times series, roughly: a story that lasts for a month costs seconds, most cost a tenth of one. */
export const costOf = ({ tests }: Stories): number =>
  tests.reduce((sum, { input_series, promql_expr_test, interval }) => {
    const last = Math.max(...promql_expr_test.map(({ eval_time }) => Number.parseFloat(eval_time)));
    return sum + (last / Number.parseFloat(interval)) * input_series.length;
  }, 0);
