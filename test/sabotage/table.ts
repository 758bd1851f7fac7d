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

## Not applicable

Of the list in the project's plan, three attacks are on signatures of HTTP messages (RFC 9421). The bridge has none, so there
is nothing that they could be sent at:

| attack of the plan | not applicable, because | what stands in its place |
|---|---|---|
| a stale \`created\` | no request has a \`created\` that could be stale | what is signed has a time and a use of its own: \`question.stale\`, \`login.clock\`, \`login.replay\`, \`replay.sequence\` |
| a body swapped under a valid transport signature | the signature is in the body and covers what it says, so there is no body to put under it | \`signature.altered-content\`, \`question.altered\`, \`inquiry.altered\` |
| a wrong \`content-digest\` | no digest is sent that could be wrong; on the way, TLS refuses a record whose tag does not fit | the same three, and TLS wherever the bridge is reached from another machine |

What is left without such signatures: a request that only reads, and a claim, an acknowledgement or a cancellation, is
authorised by its bearer credential alone. Whoever ends TLS in front of the bridge (\`--behind-proxy\`) could send one in an
agent's name while its credential lasts; a question or an answer it could not, where the asker's and the answerer's own keys
are asked for.

## Attacks
`;
