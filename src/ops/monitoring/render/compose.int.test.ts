import { join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { rendered, specFrom } from "../../../../test/ops/tree.ts";
import { renderAll } from "../render.ts";
import { images } from "./compose.ts";
import type { Rendered } from "./rendered.ts";

/**
 * What can be known of a compose file that no Docker has started: that it holds together. The official schema was asked
 * by hand (docs/monitoring.md); it is no package that is kept up, and nothing of it is copied here.
 */
interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly volumes: readonly string[];
  readonly network_mode: string;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}
const everything = renderAll(
  specFrom(`
health_checks: { prober: "localhost:9115" }
logging: { elasticsearch: { enabled: true }, logstash: { enabled: true } }
tracing: { jaeger: { enabled: true }, opentelemetry: { enabled: true } }
`),
);
const trees: Readonly<Record<string, Rendered>> = {
  empty: rendered("empty"),
  seed: rendered("seed"),
  full: rendered("full"),
  everything,
};

const filesOf = (tree: Rendered): Compose | undefined => {
  const text = tree.get("compose.yml");
  return text === undefined ? undefined : (parse(text) as Compose);
};

/** A bind mount of ours: from the rendered folder into the container. */
const mountsOf = ({ volumes }: Service): readonly (readonly [from: string, to: string])[] =>
  volumes
    .map((volume) => volume.split(":") as [string, string])
    .filter(([from]) => from.startsWith("."))
    .map(([from, to]) => [normalize(from), to]);

describe.each(Object.keys(trees))("the compose file of the %s monitoring.yaml", (name) => {
  const tree = trees[name] as Rendered;
  const compose = filesOf(tree) ?? { services: {} };
  const services = Object.entries(compose.services);

  it("mounts only folders and files that are rendered beside it", () => {
    for (const [service, each] of services)
      for (const [from] of mountsOf(each)) {
        const isThere = [...tree.keys()].some((path) => path === from || path.startsWith(`${from}/`));
        expect(isThere, `${service}: ${from}`).toBe(true);
      }
  });

  it("starts each with a configuration that its mounts bring, or its image has", () => {
    for (const [service, each] of services) {
      const config = each.command?.find((word) => /^--config(\.file)?=/.test(word))?.split("=")[1];
      if (config === undefined || service === "blackbox") continue;
      const brought = mountsOf(each)
        .filter(([, to]) => config.startsWith(`${to}/`))
        .map(([from, to]) => join(from, config.slice(to.length + 1)));
      expect(
        brought.map((path) => tree.has(path)),
        `${service}: ${config}`,
      ).toEqual([true]);
    }
  });

  it("pins each image to one exact version", () => {
    for (const [, { image }] of services) {
      expect(Object.values(images) as readonly string[]).toContain(image);
      expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
    }
  });

  it("names every volume that it uses, and no other", () => {
    const used = services.flatMap(([, { volumes }]) =>
      volumes.map((volume) => volume.split(":")[0] ?? "").filter((from) => !/^[./]/.test(from)),
    );
    expect(Object.keys(compose.volumes ?? {}).sort()).toEqual(used.sort());
  });
});

it("has every product that a file can ask for on this machine", () => {
  expect(Object.keys(filesOf(everything)?.services ?? {}).sort()).toEqual([...Object.keys(images)].sort());
});
