import { chartSvg } from "./chart.ts";
import { type Block, documentOf, type Shown } from "./document.ts";
import { escaped } from "./escape.ts";

/** The document between the page's head and its check, from the certificate alone: the page makes it again to compare. */
export const bodyOf = (shown: Shown): string => documentOf(shown).map(blockOf).join("\n");

const blockOf = (block: Block): string => {
  switch (block.kind) {
    case "heading": {
      const badge = block.state === undefined ? "" : ` <span class="state ${block.state}">${block.state}</span>`;
      return `<h${block.level}>${escaped(block.text)}${badge}</h${block.level}>`;
    }
    case "text":
      return `<p>${words(block.text)}</p>`;
    case "facts":
      return `<dl>${block.facts.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${words(value)}</dd>`).join("")}</dl>`;
    case "list":
      return `<ul>${block.items.map((item) => `<li>${words(item)}</li>`).join("")}</ul>`;
    case "table":
      return block.rows.length === 0 ? "" : table(block.head, block.rows);
    case "verdict":
      return `<p class="verdict ${block.verdict}"><strong>${block.verdict}</strong> ${escaped(block.text)}</p>`;
    case "tally":
      return `<ul class="tally">${block.parts
        .map(
          ({ name, passed, of }) =>
            `<li class="${passed === of ? "pass" : "fail"}"><b>${passed}/${of}</b> ${name}</li>`,
        )
        .join("")}</ul>`;
    case "chart":
      return chartSvg(block);
  }
};

/** Tables that come again and again have one width each, so that the eye finds its place. */
const classOf: Readonly<Record<string, string>> = { Measured: ' class="measured"', When: ' class="story"' };

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="wide"><table${classOf[head[0] ?? ""] ?? ""}><thead><tr>${head.map((cell) => `<th>${escaped(cell)}</th>`).join("")}</tr></thead><tbody>${rows
    .map((cells) => `<tr>${cells.map((cell) => `<td>${words(cell)}</td>`).join("")}</tr>`)
    .join("")}</tbody></table></div>`;

/** Digests are read by machines, states at a glance. */
const words = (text: string): string => {
  const safe = escaped(text);
  if (/^(pass|fail|not-run|waived)$/.test(text)) return `<span class="state ${text}">${text}</span>`;
  return safe
    .replace(/\b[0-9a-f]{64}\b/g, (digest) => `<code title="${digest}">${digest}</code>`)
    .replace(/`([^`]{1,80})`/g, "<code>$1</code>");
};
