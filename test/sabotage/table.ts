import type { Attack } from "../../src/review/attack/attack.ts";
import type { Disabled } from "./control.ts";

/** docs/attacks.md: what is tried, and which builds show that it can succeed. */
export const attackTable = (attacks: readonly Attack[], disabled: readonly Disabled[]): string => {
  const shownBy = (id: string): readonly string[] =>
    disabled.flatMap(({ control, reddens }, i) =>
      reddens.includes(id) ? [`[${i + 1}](#b${i + 1} "${control}")`] : [],
    );
  const rows = attacks.map(({ id, title, does, tries, needs }) => {
    const builds = shownBy(id).join(" ");
    const lent = needs === undefined ? "" : ` Needs \`${needs}\`.`;
    return `| \`${id}\` | ${title} | ${cell(does)}${lent} | ${tries} | ${builds === "" ? "–" : builds} |`;
  });
  const builds = disabled.map(({ control, sabotage, reddens }, i) => {
    const files = [...new Set(sabotage.map(({ file }) => `\`${file.slice("src/".length)}\``))].join(", ");
    const red = reddens.length > 12 ? `${reddens.length} of them, those that must leave a record` : list(reddens);
    return `| <a id="b${i + 1}"></a>${i + 1} | ${control} | ${files} | ${red} |`;
  });
  return `${head(attacks.length, disabled.length)}
| attack | | what is sent | the control it tries | turns red in build |
|---|---|---|---|---|
${rows.join("\n")}

## Builds with one control off

Each is the bridge's own source, in which the named control does nothing, altered as the process loads it
(\`test/sabotage/control.ts\`). In a build, the listed attacks turn red and the rest of their families do not.

| build | without | in | turns red |
|---|---|---|---|
${builds.join("\n")}
`;
};

const list = (ids: readonly string[]): string => ids.map((id) => `\`${id}\``).join(", ");

/** A bar would end the cell. */
const cell = (text: string): string => text.replaceAll("|", "\\|");

const head = (attacks: number, builds: number): string => `# Attacks

Written by \`node docs/write-attacks.ts\`; a test keeps it so. \`lighthouse attack\` runs them against a bridge that is running.

Each attack is sent beside the same request in good order, which must be accepted, or a bridge that refuses everything
would pass. After each refusal the log is read through an auditor's credential: nothing may have appeared in it but the
record of the refusal, and that record must be there where the refusal is a violation or a denial. ${attacks} attacks; that
each can succeed is shown by ${builds} builds of which each has one control switched off (\`test/sabotage/attacks.e2e.test.ts\`).

States: *refused*; *succeeded*: it was accepted, hung, or left the wrong thing in the log; *control failed*: the request in
good order was not accepted, or something else than the control stopped the attack; *not run*, with the reason.

Of the list in the project's plan, three have no place here, because the bridge has no signatures on transport (RFC 9421): a
stale \`created\`, a body swapped under a signature, a wrong content digest. Host and Origin checks, TLS and signed envelopes
stand in their place.
`;
