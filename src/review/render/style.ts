/** Ink on paper; colour only where something is to be seen at a glance. Prints as it looks. */
export const style = `
:root{--ink:#1d2129;--dim:#667085;--line:#e4e7ec;--paper:#fff;--wash:#f8f9fb;--go:#176b3a;--cond:#8a5a00;--no:#a4161a;--blue:#2456a6;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8ec;--dim:#98a2b3;--line:#2c323c;--paper:#14171c;--wash:#1b1f26;--go:#57c785;--cond:#e0ac4b;--no:#f07178;--blue:#7aa7f0}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:64rem;margin:0 auto;padding:3rem 1.5rem 5rem}
h1{font-size:1.7rem;letter-spacing:-.01em;margin:0 0 1.2rem}
h2{font-size:1.2rem;margin:3rem 0 .8rem;padding-top:1.2rem;border-top:1px solid var(--line)}
h3{font-size:1.02rem;margin:2rem 0 .6rem}
h4{font-size:.95rem;margin:1.5rem 0 .3rem}
p{margin:.4rem 0;max-width:72ch}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;margin:.6rem 0}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
code{font:12.5px/1.4 ui-monospace,"SF Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
.wide{overflow-x:auto;margin:.7rem 0}
table{border-collapse:collapse;width:100%;font-size:13.5px}
th{text-align:left;color:var(--dim);font-weight:500;white-space:nowrap}
th,td{padding:.38rem .8rem .38rem 0;border-bottom:1px solid var(--line);vertical-align:top}
.measured{table-layout:fixed;min-width:40rem}.measured th:nth-child(1){width:21%}.measured th:nth-child(2){width:27%}.measured th:nth-child(3){width:21%}
.story{table-layout:fixed;min-width:40rem}.story th:nth-child(1){width:19%}.story th:nth-child(2){width:13%}.story th:nth-child(3){width:14%}.story th:nth-child(5){width:8%}
td code[title]{display:inline-block;max-width:11rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;vertical-align:bottom}
.verdict{font-size:1.05rem;padding:1.1rem 1.3rem;background:var(--wash);border-left:5px solid var(--dim);max-width:none;margin:1.4rem 0 .9rem;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;align-items:baseline}
.verdict strong{font-size:1.7rem;letter-spacing:.01em}
.tally{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.6rem;padding:0;margin:0 0 1rem;color:var(--dim);font-size:13.5px}
.tally b{font-variant-numeric:tabular-nums}.tally .pass b{color:var(--go)}.tally .fail b{color:var(--no)}
.GO{border-color:var(--go)}.GO strong{color:var(--go)}
.CONDITIONAL{border-color:var(--cond)}.CONDITIONAL strong{color:var(--cond)}
.NO-GO{border-color:var(--no)}.NO-GO strong{color:var(--no)}
.state{font-size:12px;font-weight:600;white-space:nowrap}
.pass,.closed{color:var(--go)}.fail,.overdue{color:var(--no)}.waived,.open,.acknowledged,.claimed{color:var(--cond)}.not-run{color:var(--dim)}
.tally li{color:var(--dim)}
h4+p,h4+p+p{color:var(--dim);font-size:13.5px;max-width:none}
figure{margin:1rem 0}figcaption{color:var(--dim);font-size:13px;margin-bottom:.3rem}
svg{width:100%;height:auto;max-width:720px;font:11px system-ui,sans-serif}
svg text{fill:var(--dim)}svg .grid{stroke:var(--line)}
svg .line{fill:none;stroke:var(--blue);stroke-width:2}svg .area{fill:var(--blue);opacity:.09}
svg line.limit{stroke:var(--no);stroke-dasharray:5 4}svg text.limit{fill:var(--no)}
svg circle.bound{fill:var(--blue)}svg text.bound{fill:var(--ink);font-weight:600}
.choose{display:grid;grid-template-columns:max-content 1fr;gap:.5rem 1.2rem;align-items:center;margin:1rem 0}
.choose label{color:var(--dim)}.choose input{font:inherit;font-size:13.5px}
.outcome{font-weight:600}#said{padding:0}#said li{list-style:none;font-size:13.5px;margin:.25rem 0;overflow-wrap:anywhere}
th,td{font-variant-numeric:tabular-nums}
@media print{main{max-width:none;padding:0}.check{display:none}h2{break-after:avoid}tr,figure{break-inside:avoid}}
`;
