export const fixedForm = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>A question, by way of Lighthouse</title>
<link rel="stylesheet" href="/form.css">
<main><noscript>This page needs JavaScript.</noscript></main>
<script src="/form.js"></script>
</html>
`;

export const style = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; border-left: 4px solid; }
fieldset { margin: 1rem 0; min-width: 0; }
label { display: block; margin: 0.75rem 0; }
input, select, textarea { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: 0.4rem; }
small { display: block; overflow-wrap: anywhere; }
button { font: inherit; padding: 0.4rem 1rem; margin: 0.5rem 0.5rem 0.5rem 0; }
[aria-invalid="true"] { outline: 2px solid #c00; }
[role="alert"]:not(:empty) { border: 2px solid #c00; padding: 0.5rem 2rem; }
`;
