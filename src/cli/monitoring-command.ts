import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Command } from "commander";
import type { Spec } from "../ops/monitoring/spec/schema.ts";
import { type Act, act, command, strict } from "./command.ts";
import type { Exit } from "./exit.ts";
import { drillCommand } from "./monitoring/drill-command.ts";
import { filesBelow, folderPlace } from "./monitoring/place.ts";
import { applyCommand, diffCommand, testChannelCommand, verifyCommand } from "./monitoring/running-commands.ts";
import { DEFAULT_FILE, DEFAULT_OUT, type SpecOptions, withSpec } from "./monitoring/spec-option.ts";
import { upCommand } from "./monitoring/up-command.ts";

/** `lighthouse monitoring …` and `lighthouse runbook`: one file, and everything that is rendered from it. */
export const monitoringCommand = (): Command =>
  strict(new Command("monitoring"))
    .description("Render one monitoring.yaml for Prometheus, Alertmanager, Grafana, PagerDuty, Slack and the rest.")
    .addCommand(initCommand())
    .addCommand(renderCommand())
    .addCommand(checkCommand())
    .addCommand(diffCommand())
    .addCommand(applyCommand())
    .addCommand(verifyCommand())
    .addCommand(testChannelCommand())
    .addCommand(drillCommand())
    .addCommand(upCommand());

const initCommand = (): Command =>
  command("init", "Write a monitoring.yaml to start from. An empty one is useful already.", {
    examples: "lighthouse monitoring init\nlighthouse monitoring init --file ops/monitoring.yaml",
  })
    .option("--file <file>", "where it goes", DEFAULT_FILE)
    .action((options: SpecOptions) =>
      act(options, async ({ terminal }) => {
        if (existsSync(options.file)) {
          terminal.result({ written: null, exists: options.file }, () => `${options.file} exists; nothing was written`);
          return "usage";
        }
        const { publishedSchema } = await import("../ops/monitoring/spec/published.ts");
        const schema = join(dirname(options.file), "monitoring.schema.json");
        write(options.file, starter);
        write(schema, `${JSON.stringify(publishedSchema(), null, 2)}\n`);
        terminal.result({ written: options.file, schema }, () => [
          `wrote ${options.file}, and ${schema} for editors`,
          "next: lighthouse monitoring render",
        ]);
        return undefined;
      }),
    );

const renderCommand = (): Command =>
  command("render", "Write every product's own files below a folder. The same file gives the same bytes.", {
    examples:
      "lighthouse monitoring render\nlighthouse monitoring render --out /etc/lighthouse --check    # in CI: fails when they differ",
    endsWith: ["differs"],
  })
    .option("--file <file>", "the monitoring.yaml; without one, what an empty file gives", DEFAULT_FILE)
    .option("--out <folder>", "where the files go", DEFAULT_OUT)
    .option("--check", "write nothing; say what differs, and end with 12 if anything does")
    .action((options: SpecOptions & { readonly out: string; readonly check?: boolean }) =>
      act(options, (doing) =>
        withSpec(options, doing, (spec) => render(spec, options.out, options.check === true, doing)),
      ),
    );

const render = async (spec: Spec, out: string, isCheck: boolean, { terminal }: Act): Promise<Exit | undefined> => {
  const { renderAll } = await import("../ops/monitoring/render.ts");
  const files = renderAll(spec);
  if (!isCheck) {
    const { putFiles } = await import("../ops/monitoring/apply/place.ts");
    const { written, removed, unchanged } = putFiles(files, folderPlace(out, "public"));
    terminal.result({ out, files: [...files.keys()], written, removed }, () => [
      `${written.length} written, ${removed.length} removed, ${unchanged} as they were below ${out}`,
      `next: lighthouse monitoring check, then apply --out ${out} or up --out ${out}`,
    ]);
    return undefined;
  }
  const differ = [...files].filter(
    ([path, text]) => !existsSync(join(out, path)) || readFileSync(join(out, path), "utf8") !== text,
  );
  const foreign = existsSync(out) ? filesBelow(out).filter((path) => !files.has(path)) : [];
  const drift = [...differ.map(([path]) => path), ...foreign];
  terminal.result({ out, drift }, () =>
    drift.length === 0
      ? `${files.size} files below ${out} are as rendered`
      : [`differ from what ${out} should hold:`, ...drift.map((p) => `  ${p}`)],
  );
  return drift.length === 0 ? undefined : "differs";
};

const checkCommand = (): Command =>
  command(
    "check",
    "Check the file, and what is rendered from it with the products' own checkers where they are here.",
    {
      examples: "lighthouse monitoring check\nlighthouse monitoring check --json",
      endsWith: ["failing"],
    },
  )
    .option("--file <file>", "the monitoring.yaml; without one, what an empty file gives", DEFAULT_FILE)
    .action((options: SpecOptions) => act(options, (doing) => withSpec(options, doing, (spec) => check(spec, doing))));

type Checked = { readonly check: string; readonly state: "pass" | "fail" | "not run"; readonly detail: string };

/** A checker that is not installed is said to be: nothing is called checked that was not. */
const check = async (spec: Spec, { terminal }: Act): Promise<Exit | undefined> => {
  const folder = mkdtempSync(join(tmpdir(), "lighthouse-monitoring-"));
  try {
    const { renderAll } = await import("../ops/monitoring/render.ts");
    const files = renderAll(spec);
    for (const [path, text] of files) write(join(folder, path), text);
    const at = (suffix: string): string[] =>
      [...files.keys()].filter((path) => path.startsWith(suffix)).map((path) => join(folder, path));
    const results: Checked[] = [
      { check: "monitoring.yaml", state: "pass", detail: "every key and value is one that is known" },
      run(
        "promtool check config",
        "promtool",
        ["check", "config", "--syntax-only", join(folder, "prometheus/prometheus.yml")],
        at("prometheus/prometheus.yml"),
      ),
      run("promtool check rules", "promtool", ["check", "rules", ...at("prometheus/rules/")], at("prometheus/rules/")),
      run("promtool test rules", "promtool", ["test", "rules", ...at("prometheus/tests/")], at("prometheus/tests/")),
      run(
        "amtool check-config",
        "amtool",
        ["check-config", join(folder, "alertmanager/alertmanager.yml")],
        at("alertmanager/alertmanager.yml"),
      ),
    ];
    terminal.result({ checks: results }, () =>
      results.map((r) => `${r.state.padEnd(8)} ${r.check}${r.state === "pass" ? "" : `: ${r.detail}`}`),
    );
    return results.some((r) => r.state === "fail") ? "failing" : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const run = (name: string, program: string, args: readonly string[], files: readonly string[]): Checked => {
  if (files.length === 0) return { check: name, state: "not run", detail: "nothing is rendered for it" };
  const said = spawnSync(program, [...args], { encoding: "utf8" });
  if (said.error !== undefined) {
    const product = program === "amtool" ? "Alertmanager" : "Prometheus";
    return { check: name, state: "not run", detail: `${program} is not installed; it comes with ${product}` };
  }
  const detail = `${said.stdout}${said.stderr}`.trim();
  return { check: name, state: said.status === 0 ? "pass" : "fail", detail };
};

export const runbookCommand = (): Command =>
  command(
    "runbook",
    "Show the runbook of an alert with what Prometheus answers now below each query, or the list of them.",
    {
      examples:
        "lighthouse runbook\nlighthouse runbook ElicitationP99LatencyHigh\nlighthouse runbook EmergencyRollback",
    },
  )
    .argument("[alert]", "the alert's name")
    .option("--file <file>", "the monitoring.yaml; without one, what an empty file gives", DEFAULT_FILE)
    .action((alert: string | undefined, options: SpecOptions) =>
      act(options, (doing) =>
        withSpec(
          options,
          doing,
          async (spec) => {
            const { renderRunbooks } = await import("../ops/monitoring/runbook/markdown.ts");
            const pages = renderRunbooks(spec);
            const text = pages.get(`${alert ?? "README"}.md`);
            if (text === undefined) {
              const names = [...pages.keys()]
                .map((name) => name.replace(/\.md$/, ""))
                .filter((name) => name !== "README");
              doing.terminal.result({ error: { code: "not_found", alerts: names } }, () => [
                `no alert is called ${alert}; these are:`,
                ...names.map((n) => `  ${n}`),
              ]);
              return "usage";
            }
            if (alert === undefined) {
              doing.terminal.result({ markdown: text }, () => plain(text));
              return undefined;
            }
            const { liveRunbook } = await import("../ops/monitoring/runbook/live.ts");
            const live = await liveRunbook(alert, text, spec, { fetch, signal: doing.signal });
            const now =
              live.state === "not run"
                ? `Whether ${alert} fires is not known: ${live.why}`
                : `${alert} is ${live.state}`;
            doing.terminal.result({ alert, ...live }, () => [now, "", plain(live.markdown)]);
            return undefined;
          },
          "as empty",
        ),
      ),
    );

/** What is for those who edit the pages is not for those who read them. */
const plain = (markdown: string): string => markdown.replace(/<!--.*?-->\n*/gs, "").trimEnd();

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

const starter = `# yaml-language-server: $schema=./monitoring.schema.json
# Everything has a default: an empty file scrapes, records, alerts and draws. Secrets are references (\${NAME}), never values.
prometheus:
  scrape_interval: 15s

# alerting:
#   pagerduty:
#     enabled: true
#   slack:
#     enabled: true
#     webhook_url: \${SLACK_WEBHOOK_URL}
`;
