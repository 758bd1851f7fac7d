import type { Command } from "commander";
import type { Credential } from "../client/credential.ts";
import { act, command } from "./command.ts";
import { type ConnectionOptions, connecting, credentialOf } from "./connection.ts";
import { bridgeAt } from "./doctor/bridge.ts";
import { connectedClients } from "./doctor/clients.ts";
import { type Finding, notRun, problem } from "./doctor/finding.ts";
import { dataFolder, lock, nodeVersion } from "./doctor/machine.ts";
import { roundTrip } from "./doctor/round-trip.ts";
import { explain } from "./failure.ts";
import { counted } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

type Options = ConnectionOptions & { readonly json?: boolean };

/** `lighthouse doctor`: what is wrong, in words, and what to do about it. */
export const doctorCommand = (): Command =>
  connecting(
    command(
      "doctor",
      "Find out what is wrong, in words: machine, data folder, bridge, clock, credential, a real question.",
      {
        examples: `
        lighthouse doctor
        lighthouse doctor --url https://bridge.example --as ./alice.json
        lighthouse doctor --json`,
        endsWith: ["refused", "unreachable"],
      },
    ),
  ).action((options: Options) =>
    act(options, async ({ terminal }) => {
      const findings = await examine(options);
      const worst = findings.find(({ state }) => state === "problem");
      terminal.result({ ok: worst === undefined, findings: findings.map(({ exit: _, ...finding }) => finding) }, () => [
        ...findings.flatMap((finding) => lines(finding, terminal.style)),
        worst === undefined
          ? "Nothing is wrong."
          : `${counted(findings.filter(({ state }) => state === "problem").length, "problem")}; the first may be the cause of the rest.`,
      ]);
      return worst?.exit ?? "ok";
    }),
  );

const examine = async (options: Options): Promise<readonly Finding[]> => {
  const machine = [nodeVersion(process.versions.node), dataFolder(options.data), lock(options.data)];
  const found = credential(options);
  if ("finding" in found) {
    const url = options.url === undefined ? undefined : await bridgeAt(options.url);
    const rest = url?.findings ?? [notRun("bridge", "nothing says where it is: name a credential or --url")];
    return [...machine, ...rest, found.finding, notRun("round trip", "needs a credential that works")];
  }
  const { answers, findings } = await bridgeAt(found.credential.url);
  if (answers) return [...machine, ...findings, ...(await roundTrip(found.credential)), ...(await connectedClients())];
  const needs = ["clock", "credential", "round trip", "clients"].map((check) => notRun(check, "needs a bridge"));
  return [...machine, ...findings, ...needs];
};

const credential = (options: Options): { readonly credential: Credential } | { readonly finding: Finding } => {
  try {
    return { credential: credentialOf(options) };
  } catch (error) {
    const { exit, title, problems, remedy } = explain(error);
    const says = [title, ...problems.map(({ pointer, message }) => `${pointer} ${message}`)].join(" ");
    return { finding: problem("credential", exit, says, remedy) };
  }
};

const colours = { ok: "green", warning: "yellow", problem: "red", "not run": "dim" } as const;

const lines = ({ check, state, says, remedy }: Finding, style: Terminal["style"]): readonly string[] => [
  `${style(colours[state], state.padEnd(8))} ${check}: ${says}`,
  ...(remedy === undefined ? [] : [`         ${remedy}`]),
];
