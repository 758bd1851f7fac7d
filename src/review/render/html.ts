import { base64Of } from "../digest.ts";
import { chartSvg } from "./chart.ts";
import { type Block, documentOf, type Shown, TITLE } from "./document.ts";
import { escaped } from "./escape.ts";
import { selfCheck } from "./self-check.ts";
import { style } from "./style.ts";

/**
 * The certificate as one page that loads nothing: no script but its own (pinned by digest in its policy), no font, no
 * image, no address. `bundle` goes into it, so that the page can be checked as it lies there.
 */
export const renderHtml = (shown: Shown, bundle: string): string => {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${base64Of(selfCheck)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(`${shown.certificate.predicate.verdict}: ${shown.certificate.predicate.title}`)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${TITLE}</h1>
${documentOf(shown).map(blockOf).join("\n")}
<section class="check">
<h2>Check this page</h2>
<p>Choose your trust file and the files of raw evidence; nothing leaves this page. It checks signatures and digests. Who made this page could have made this check too: the one to rely on is <code>lighthouse certificate verify</code>.</p>
<input id="files" type="file" multiple aria-label="Trust file and raw evidence">
<ul id="said"></ul>
</section>
</main>
<script type="application/json" id="bundle">${bundle.replaceAll("<", "\\u003c")}</script>
<script>${selfCheck}</script>
</body>
</html>
`;
};

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
    case "chart":
      return chartSvg(block);
  }
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="wide"><table><thead><tr>${head.map((cell) => `<th>${escaped(cell)}</th>`).join("")}</tr></thead><tbody>${rows
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
