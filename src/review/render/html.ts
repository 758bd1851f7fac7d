import { base64Of } from "../digest.ts";
import { bodyOf } from "./body.ts";
import { type Shown, TITLE } from "./document.ts";
import { escaped } from "./escape.ts";
import { style } from "./style.ts";

/**
 * The certificate as one page that loads nothing: no script but its own (pinned by digest in its policy), no font, no
 * image, no address. `bundle` goes into it, and so does the verifier as `script`, so that the page can be checked as it
 * lies there.
 */
export const renderHtml = (shown: Shown, bundle: string, script: string): string => {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${base64Of(script)}'; base-uri 'none'; form-action 'none'`;
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
<div id="document">${bodyOf(shown)}</div>
<section class="check">
<h2>Check this page</h2>
<p>Choose your trust file and the folder of raw evidence. Nothing leaves this page: it makes every number, every outcome and the verdict again, as <code>lighthouse certificate verify</code> does, and compares what you read above with what was signed. Who made this page could have made its check too; if that matters, use your own copy of the command.</p>
<div class="choose"><label for="trust">Trust file</label><input id="trust" type="file"><label for="evidence">Evidence folder</label><input id="evidence" type="file" multiple webkitdirectory></div>
<p id="outcome" role="status"></p>
<ul id="said"></ul>
</section>
</main>
<script type="application/json" id="bundle">${bundle.replaceAll("<", "\\u003c")}</script>
<script>${script}</script>
</body>
</html>
`;
};
