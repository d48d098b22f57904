/** How the page looks: light and dark, wide and narrow, on paper. Charts take their colours from here too. */

/** The colours that charts name. */
export const INK = 'var(--ink)';
export const MUTED = 'var(--muted)';
export const GRID = 'var(--grid)';
export const PAPER = 'var(--paper)';
export const STANDING_COLORS = { chosen: 'var(--good)', passes: 'var(--blue)', out: 'var(--out)' } as const;
/** Told apart without red and green, and by their order and the table as well. */
export const PART_COLORS = ['var(--part1)', 'var(--part2)', 'var(--part3)', 'var(--part4)'] as const;

const LIGHT = `
--paper:#fff;--card:#f6f7f9;--ink:#1b1f24;--muted:#59636e;--grid:#d9dee3;--blue:#1f6fc4;--good:#1a7f37;--bad:#b3261e;
--warn:#8a5a00;--out:#8b949e;--part1:#1f6fc4;--part2:#d98a00;--part3:#128a74;--part4:#b0569b;
--pass-cell:#dcf2e3;--fail-cell:#fbe3e1;--shade0:#fbe3e1;--shade1:#f6eedb;--shade2:#eaf2da;--shade3:#dcf2e3;`;

const DARK = `
--paper:#0f1318;--card:#181d24;--ink:#e6e9ed;--muted:#9aa5b1;--grid:#323a44;--blue:#5aa5f2;--good:#4cbf6b;--bad:#f2776d;
--warn:#e0b050;--out:#77828e;--part1:#5aa5f2;--part2:#e8ab42;--part3:#3fbfa5;--part4:#d68ac4;
--pass-cell:#16351f;--fail-cell:#431d1b;--shade0:#431d1b;--shade1:#3d331c;--shade2:#2b3a1c;--shade3:#16351f;`;

export const PAGE_STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:62rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}
h2{font-size:1.25rem;margin:2.5rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--grid)}
h3{font-size:1rem;margin:1.5rem 0 .25rem}
p{margin:.5rem 0;max-width:46rem}
.muted,figcaption,footer{color:var(--muted)}
figcaption,footer,.small{font-size:.875rem}
.verdict{background:var(--card);border-left:.3rem solid var(--good);padding:.75rem 1rem;border-radius:.25rem;margin:1rem 0}
.verdict.none{border-color:var(--bad)}
.verdict strong{font-size:1.15rem}
.badge{display:inline-block;border:1px solid var(--warn);color:var(--warn);border-radius:1rem;padding:0 .6rem;font-size:.875rem}
ul.notes{list-style:none;padding:0}
ul.notes li{padding:.35rem .75rem;margin:.35rem 0;border-left:.25rem solid var(--warn);background:var(--card)}
ul.notes li.failed{border-color:var(--bad)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.5rem 0}
dt{color:var(--muted)}dd{margin:0}
figure{margin:1rem 0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
.pair figure{margin:.5rem 0;min-width:0}
.chart svg{display:block;width:100%;height:auto}
.chart text{font-family:system-ui,sans-serif}
.chart.narrow{display:none}
.parts{display:flex;flex-wrap:wrap;gap:.5rem 3rem;align-items:flex-start}
.part{min-width:0;max-width:100%;flex:1 1 24rem}
.scroll{position:relative;overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;margin:.5rem 0}
th,td{padding:.25rem .6rem;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}
th{font-weight:600}
td.name,th.name{min-width:9rem;max-width:20rem}
tr.chosen th,tr.chosen td{background:var(--card);font-weight:600}
.matrix td{text-align:center;white-space:nowrap;min-width:2.2rem;border:1px solid var(--paper)}
.matrix th{white-space:nowrap}.matrix tbody th{font-weight:400}
.matrix th:first-child{position:sticky;left:0;background:var(--paper)}
.matrix td.pass{background:var(--pass-cell)}.matrix td.fail{background:var(--fail-cell)}
.matrix td.s0{background:var(--shade0)}.matrix td.s1{background:var(--shade1)}
.matrix td.s2{background:var(--shade2)}.matrix td.s3{background:var(--shade3)}
.key{display:inline-block;width:.8rem;height:.8rem;border-radius:50%;margin:0 .3rem 0 .9rem;vertical-align:-.05rem;border:2px solid}
.key.chosen{background:var(--good);border-color:var(--good)}.key.passes{background:var(--blue);border-color:var(--blue)}
.key.out{border-color:var(--out)}
.key.part{border-radius:.15rem;border:0}
.key.p1{background:var(--part1)}.key.p2{background:var(--part2)}.key.p3{background:var(--part3)}.key.p4{background:var(--part4)}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--blue)}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
td code{white-space:nowrap}code{font-family:ui-monospace,monospace;font-size:.85em}
.good{color:var(--good)}.bad{color:var(--bad)}
@media (max-width:40rem){body{padding:1rem .75rem 2rem}.pair{grid-template-columns:1fr}
.chart.wide{display:none}.chart.narrow{display:block}dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}
@media print{:root{color-scheme:light;${LIGHT}}body{max-width:none;padding:0;font-size:10pt}
h2{break-after:avoid}figure,.verdict,tr{break-inside:avoid}.scroll{overflow:visible}
table{font-size:7pt}th,td{padding:.1rem .25rem}td.n,th.n{white-space:normal}td.name,th.name{min-width:6rem}
td code{white-space:normal}.matrix td{min-width:1.5rem}.parts{display:block}.small,figcaption,footer{font-size:8.5pt}
details::details-content{content-visibility:visible;height:auto;display:block}summary{list-style:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
