"""The style sheet of the health page. Its colors are distinct for color-blind readers; print uses the light ones."""

CSS = """
:root {
  color-scheme: light dark;
  --paper: #fcfcfa; --ink: #1d2329; --muted: #5a646e; --rule: #d8dcdf; --background: #e9edf1; --bar: #2f6ca3;
  --alarm: #b2400a; --watch: #8a6100; --fine: #1b7a5a;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #15181b; --ink: #e2e5e8; --muted: #9ba5ae; --rule: #363d44; --background: #252b31; --bar: #6aa9e0;
    --alarm: #f58a4b; --watch: #e0b443; --fine: #56c39a;
  }
}

/* Text */
* { box-sizing: border-box; }
body {
  max-width: 1400px; margin: 0 auto; padding: 12px 24px 40px; background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei",
    sans-serif;
  overflow-wrap: break-word; -webkit-text-size-adjust: 100%;
}
h1, h2, h3, p, ol, figure { margin: 0; padding: 0; }
h1 { font-size: 22px; line-height: 1.3; font-weight: 600; }
h2 { font-size: 18px; line-height: 1.3; font-weight: 600; }
h3 { font-size: 15px; font-weight: 600; }
a { color: inherit; text-decoration-color: var(--muted); text-underline-offset: 2px; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--bar); outline-offset: 2px; }
bdi, a, h1, h2 { overflow-wrap: anywhere; }
code {
  padding: 0 3px; border-radius: 2px; background: var(--background);
  font: 0.92em ui-monospace, Menlo, Consolas, monospace;
}
.muted, figcaption, caption, th { color: var(--muted); }
.visually-hidden {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}

/* States */
.alarm { color: var(--alarm); }
.watch { color: var(--watch); }
.fine { color: var(--fine); }
.none { color: var(--muted); }
.status-icon {
  width: 11px; height: 11px; margin-right: 5px; overflow: visible;
  fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linejoin: round;
}
.status-icon.alarm { fill: currentColor; }
.problems {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 10px 24px;
  margin: 14px 0 18px; list-style: none;
}
.problems li { padding: 1px 0 1px 12px; border-left: 3px solid; }
.problems li > * { color: var(--ink); }
.problems .muted { color: var(--muted); }

/* Tables */
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { padding: 0 0 3px; text-align: left; }
th, td {
  padding: 2px 14px 2px 0; border-bottom: 1px solid var(--rule);
  font-weight: 400; text-align: left; vertical-align: baseline;
}
thead th { font-size: 12px; vertical-align: bottom; }
tbody th { color: inherit; }
.overview { width: auto; min-width: min(100%, 760px); }
.overview :is(th, td):nth-child(n + 4):nth-child(-n + 6),
.runs :is(th, td):nth-child(n + 5):nth-child(-n + 7),
.runs :is(th, td):nth-child(2),
details :is(th, td):nth-child(n + 3) { text-align: right; }
details { margin-top: 8px; }
details table { width: auto; margin-top: 6px; font-size: 12px; }
details td { white-space: nowrap; }
summary { color: var(--muted); font-size: 12px; cursor: pointer; }
@media (min-width: 701px) {
  .runs :is(th, td):not(:last-child) { white-space: nowrap; }
  .runs :is(th, td):last-child { width: 55%; }
}

/* Plots */
.source { margin-top: 26px; padding-top: 12px; border-top: 1px solid var(--rule); }
.plots {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 280px), 1fr)); gap: 14px 24px;
  margin: 10px 0 14px;
}
.plots > div { display: grid; gap: 10px; align-content: start; }
figcaption { padding-bottom: 4px; font-size: 12px; line-height: 1.35; }
figcaption b { color: var(--ink); font-weight: 600; }
figure svg { display: block; width: 100%; max-width: 420px; height: auto; overflow: visible; }
.sparkline { width: 120px; height: 17px; vertical-align: -3px; }
svg text { fill: var(--muted); font-size: 10px; }
svg text.strong { fill: var(--ink); stroke: var(--paper); stroke-width: 3px; paint-order: stroke; }
.grid { stroke: var(--rule); }
.usual { stroke: var(--muted); stroke-dasharray: 2 3; }
.bar { fill: var(--bar); }
.bar.error { fill: var(--alarm); }
.bar.pale { opacity: 0.55; }
.row-background { fill: var(--background); }
.line {
  fill: none; stroke: var(--bar); stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round;
  vector-effect: non-scaling-stroke;
}
.point { fill: var(--bar); }
.over-scale { fill: var(--ink); }
.run-mark { fill: none; stroke: currentColor; }
.run-mark.alarm { fill: currentColor; }
.tooltip { fill: transparent; }
.tooltip:hover { fill: var(--ink); fill-opacity: 0.15; }

footer { margin-top: 26px; padding-top: 10px; border-top: 1px solid var(--rule); color: var(--muted); font-size: 12px; }
footer p { max-width: 110ch; margin-bottom: 4px; }

/* Phones: each run is a block of lines instead of a table row */
@media (max-width: 700px) {
  body { padding: 10px 12px 32px; }
  th, td { padding-right: 8px; }
  .overview { width: 100%; }
  .overview :is(th, td):is(:nth-child(3), :nth-child(7)) { display: none; }
  .runs, .runs :is(caption, tbody) { display: block; }
  .runs thead { position: absolute; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .runs tr { display: flex; flex-wrap: wrap; gap: 0 10px; padding: 3px 0; border-bottom: 1px solid var(--rule); }
  .runs td { padding: 0; border: 0; }
  .runs tr::before { content: ""; order: -1; flex-basis: 100%; }
  .runs td:nth-child(1) { order: -4; }
  .runs td:nth-child(4) { order: -3; }
  .runs td:nth-child(3) { order: -2; }
  .runs td:nth-child(2)::after { content: " s"; }
  .runs td:nth-child(5)::before { content: "found "; }
  .runs td:nth-child(6)::before { content: "written "; }
  .runs td:nth-child(7)::before { content: "refused "; }
  .runs td::before { color: var(--muted); }
  .runs td:last-child { flex: 0 0 100%; min-width: 0; }
  .runs td:empty { display: none; }
  details { overflow-x: auto; }
  details table, details thead th { font-size: 11px; }
  details :is(th, td) { padding-right: 6px; }
}

@media print {
  body { max-width: none; padding: 0; font-size: 11px; }
  .source { break-before: auto; }
  figure, li, tr, h2 { break-inside: avoid; }
  h2 { break-after: avoid; }
  details { display: none; }
  .bar, .row-background, .line, .point, .run-mark, .over-scale, .status-icon {
    -webkit-print-color-adjust: exact; print-color-adjust: exact;
  }
}
"""
