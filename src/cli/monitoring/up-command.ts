import { resolve } from "node:path";
import type { Command } from "commander";
import { isLocal } from "../../ops/monitoring/render/otel-listen.ts";
import type { Spec } from "../../ops/monitoring/spec/schema.ts";
import { type Act, act, command } from "../command.ts";
import { Failure } from "../failure.ts";
import { folderPlace } from "./place.ts";
import { installed, onPath, type Server, startServer, stopServer, telephone, untilReady } from "./servers.ts";
import { DEFAULT_FILE, DEFAULT_OUT, type SpecOptions, withSpec } from "./spec-option.ts";
import { pauseUntil } from "./world.ts";

interface UpOptions extends SpecOptions {
  readonly out: string;
  readonly keep: string;
}

/** `up`: the whole stack as a compose file, and what of it is installed here started at once. */
export const upCommand = (): Command =>
  command(
    "up",
    "Write the files and a compose.yml with pinned images, and start Prometheus and Alertmanager here if they are installed. Ctrl-C stops them.",
    {
      examples:
        "lighthouse monitoring up\nlighthouse monitoring up --out /srv/lighthouse --keep /var/lib/lighthouse-monitoring",
      endsWith: ["failing"],
    },
  )
    .option("--file <file>", "the monitoring.yaml; without one, what an empty file gives", DEFAULT_FILE)
    .option("--out <folder>", "where the files go", DEFAULT_OUT)
    .option("--keep <folder>", "where the servers keep their data and their logs", ".lighthouse-monitoring")
    .action((options: UpOptions) =>
      act(options, (doing) => withSpec(options, doing, (spec) => up(spec, options, doing))),
    );

const up = async (spec: Spec, { out, keep }: UpOptions, { terminal, signal }: Act) => {
  const { renderAll } = await import("../../ops/monitoring/render.ts");
  const { putFiles } = await import("../../ops/monitoring/apply/place.ts");
  const { putSecrets, secretsOf } = await import("../../ops/monitoring/apply/secrets.ts");
  putFiles(renderAll(spec), folderPlace(out, "public"));
  if (secretsOf(spec).length > 0) {
    const { missing } = putSecrets(spec, process.env, folderPlace(spec.alerting.secrets_dir, "private"));
    if (missing.length > 0)
      terminal.note(
        `${missing.join(", ")}: neither in the environment nor in ${spec.alerting.secrets_dir}; nobody can be told`,
      );
  }
  const compose = `docker compose -f ${out}/compose.yml up -d`;
  const hasDocker = onPath("docker") !== undefined;
  const inContainers = hasDocker
    ? `in containers: ${compose}`
    : `in containers, where Docker with its compose plugin is: ${compose} (there is no docker here)`;
  const wanted = [
    { product: "Alertmanager", url: spec.alerting.alertmanager.endpoint } as const,
    { product: "Prometheus", url: spec.prometheus.endpoint, retention: spec.prometheus.retention } as const,
  ].filter(({ url }) => spec.prometheus.enabled && isLocal(url));
  const found = wanted.map((each) => ({ ...each, program: installed(each.product) }));
  const here = found.flatMap(({ program, ...each }) => (program === undefined ? [] : [{ ...each, program }]));
  const absent = found.filter(({ program }) => program === undefined).map(({ product }) => product);
  if (here.length === 0)
    throw new Failure("usage", "Nothing of the stack is installed here; its files are written.", {
      remedy: `Start all of it ${inContainers}. Or install Prometheus and Alertmanager (Debian: apt-get install prometheus prometheus-alertmanager) and run this again.`,
    });

  const servers: Server[] = [];
  try {
    for (const { product, program, ...start } of here)
      servers.push(startServer(product, program, { ...start, files: resolve(out), data: resolve(keep) }));
    await untilReady(servers, telephone, pauseUntil(signal), signal);
    const started = servers.map(({ product, url, log }) => ({ product, url, log }));
    terminal.result({ started, notInstalled: absent, compose, hasDocker }, () => [
      ...started.map(({ product, url, log }) => `${product} on ${url}, log in ${log}`),
      ...(absent.length === 0 ? [] : [`${absent.join(" and ")}: not installed here`]),
      `the rest of it, ${inContainers}`,
      "Ctrl-C stops what was started here",
    ]);
    const told = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    const fallen = await Promise.race([
      told,
      ...servers.map(async (server) => {
        await server.gone;
        return server;
      }),
    ]);
    if (fallen !== undefined && !signal.aborted)
      throw new Failure("failing", `${fallen.product} ended by itself.`, { remedy: `Look into ${fallen.log}.` });
    return undefined;
  } finally {
    await Promise.all(servers.map(stopServer));
  }
};
