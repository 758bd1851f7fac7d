import { type Block, documentOf, type Shown, TITLE } from "./document.ts";

/** The certificate as Markdown (CommonMark with tables). Everybody's words are words in it, never markup. */
export const renderMarkdown = (shown: Shown): string =>
  `# ${TITLE}\n\n${documentOf(shown).map(blockOf).filter(Boolean).join("\n\n")}\n`;

const blockOf = (block: Block): string => {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${escaped(block.text)}${block.state === undefined ? "" : ` — ${block.state.toUpperCase()}`}`;
    case "text":
      return escaped(block.text);
    case "facts":
      return block.facts.map(([name, value]) => `**${escaped(name)}**: ${escaped(value)}  `).join("\n");
    case "list":
      return block.items.map((item) => `- ${escaped(item)}`).join("\n");
    case "table":
      return block.rows.length === 0 ? "" : table(block.head, block.rows);
    case "verdict":
      return `**${block.verdict}** — ${escaped(block.text)}`;
    case "tally":
      return block.parts.map(({ name, passed, of }) => `${name} ${passed}/${of}`).join(" · ");
    case "chart":
      return table(
        ["Quantile", block.unit],
        block.quantiles.map(({ q, value }) => [String(q), value.toFixed(3)]),
      );
  }
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => "---")), ...rows.map((cells) => row(cells.map(escaped)))].join("\n");

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const escaped = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a reviewer's words must not steer a terminal.
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, " ")
    .replace(/[\\`*_[\]<>|#~!&]/g, "\\$&");
