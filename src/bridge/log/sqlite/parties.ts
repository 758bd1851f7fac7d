/**
 * Parties as they stand in their column: each as a JSON string on a line of its own, between line feeds. JSON has no raw
 * line feed, so searching for `partyNeedle` finds whole names only, whatever characters they have.
 */
export const partiesColumn = (parties: readonly string[]): string =>
  parties.length === 0 ? "" : `\n${parties.map((party) => JSON.stringify(party)).join("\n")}\n`;

export const partyNeedle = (party: string): string => `\n${JSON.stringify(party)}\n`;

export const partiesOf = (column: string): readonly string[] =>
  column === ""
    ? []
    : column
        .slice(1, -1)
        .split("\n")
        .map((name) => JSON.parse(name) as string);
