"""The style of the health page. Colours are told apart by colour-blind eyes too; print is always light."""

CSS = """
:root{color-scheme:light dark;--paper:#fcfcfa;--ink:#1d2329;--soft:#5a646e;--line:#d8dcdf;--band:#e9edf1;--bar:#2f6ca3;
--bad:#b2400a;--watch:#8a6100;--fine:#1b7a5a}
@media screen and (prefers-color-scheme:dark){:root{--paper:#15181b;--ink:#e2e5e8;--soft:#9ba5ae;--line:#363d44;
--band:#252b31;--bar:#6aa9e0;--bad:#f58a4b;--watch:#e0b443;--fine:#56c39a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1400px;padding:12px 24px 40px;background:var(--paper);color:var(--ink);
font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","PingFang SC","Microsoft YaHei",sans-serif;
overflow-wrap:break-word;-webkit-text-size-adjust:100%}
h1,h2,h3,p,ol,figure{margin:0;padding:0}
h1{font-size:22px;line-height:1.3;font-weight:600}
h2{font-size:18px;line-height:1.3;font-weight:600}
h3{font-size:15px;font-weight:600}
a{color:inherit;text-decoration-color:var(--soft);text-underline-offset:2px}
a:focus-visible,summary:focus-visible{outline:2px solid var(--bar);outline-offset:2px}
bdi,a,h1,h2{overflow-wrap:anywhere}
code{font:.92em ui-monospace,Menlo,Consolas,monospace;background:var(--band);padding:0 3px;border-radius:2px}
.soft,figcaption,caption,th{color:var(--soft)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.sign{width:11px;height:11px;margin-right:5px;overflow:visible;fill:none;stroke:currentColor;stroke-width:1.6;stroke-linejoin:round}
.sign.alarm{fill:currentColor}
.alarm{color:var(--bad)}.watch{color:var(--watch)}.fine{color:var(--fine)}.none{color:var(--soft)}
.wrong{list-style:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:10px 24px;
margin:14px 0 18px}
.wrong li{border-left:3px solid;padding:1px 0 1px 12px}
.wrong li>*{color:var(--ink)}
.wrong .soft{color:var(--soft)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:0 0 3px}
th,td{padding:2px 14px 2px 0;text-align:left;vertical-align:baseline;font-weight:400;
border-bottom:1px solid var(--line)}
thead th{font-size:12px;vertical-align:bottom}
tbody th{color:inherit}
.overview :is(th,td):nth-child(n+4):nth-child(-n+6),.runs :is(th,td):nth-child(n+5):nth-child(-n+7),
.runs :is(th,td):nth-child(2),details :is(th,td):nth-child(n+3){text-align:right}
details td{white-space:nowrap}
@media (min-width:701px){
.runs :is(th,td):not(:last-child){white-space:nowrap}
.runs :is(th,td):last-child{width:55%}
}
.overview{width:auto;min-width:min(100%,760px)}
.spark{width:120px;height:17px;vertical-align:-3px}
.source{border-top:1px solid var(--line);margin-top:26px;padding-top:12px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,280px),1fr));gap:14px 24px;margin:10px 0 14px}
.plots>div{display:grid;gap:10px;align-content:start}
figcaption{font-size:12px;line-height:1.35;padding-bottom:4px}
figcaption b{color:var(--ink);font-weight:600}
figure svg{display:block;width:100%;max-width:420px;height:auto;overflow:visible}
svg text{font-size:10px;fill:var(--soft)}
svg text.strong{fill:var(--ink);paint-order:stroke;stroke:var(--paper);stroke-width:3px}
.grid{stroke:var(--line);fill:none}
.usual{stroke:var(--soft);stroke-dasharray:2 3;fill:none}
.bar{stroke:var(--bar);stroke-width:.72;fill:none}.bar.bad{stroke:var(--bad)}.bar.pale{opacity:.55}
.band{fill:var(--band)}
.line{stroke:var(--bar);stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round;fill:none;vector-effect:non-scaling-stroke}
circle{fill:var(--bar)}
.cut{fill:var(--ink)}
.run{fill:none;stroke:currentColor}.run.alarm{fill:currentColor}
.tips{stroke:transparent;stroke-width:1;fill:none}
.tips path:hover{stroke:var(--ink);stroke-opacity:.15}
details{margin-top:8px}
summary{cursor:pointer;color:var(--soft);font-size:12px}
details table{width:auto;font-size:12px;margin-top:6px}
footer{border-top:1px solid var(--line);margin-top:26px;padding-top:10px;font-size:12px;color:var(--soft)}
footer p{margin-bottom:4px;max-width:110ch}
@media (max-width:700px){
body{padding:10px 12px 32px}
.overview{width:100%}
.overview :is(th,td):is(:nth-child(3),:nth-child(7)){display:none}
th,td{padding-right:8px}
.runs,.runs :is(caption,tbody){display:block}
.runs thead{position:absolute;clip-path:inset(50%);height:1px;overflow:hidden}
.runs tr{display:flex;flex-wrap:wrap;gap:0 10px;padding:3px 0;border-bottom:1px solid var(--line)}
.runs td{border:0;padding:0}
.runs tr::before{content:"";order:-1;flex-basis:100%}
.runs td:nth-child(1){order:-4}.runs td:nth-child(4){order:-3}.runs td:nth-child(3){order:-2}
.runs td:nth-child(2)::after{content:" s"}
.runs td:nth-child(5)::before{content:"found "}
.runs td:nth-child(6)::before{content:"written "}
.runs td:nth-child(7)::before{content:"refused "}
.runs td::before{color:var(--soft)}
.runs td:last-child{flex:0 0 100%;min-width:0}
.runs td:empty{display:none}
details{overflow-x:auto}
details table{font-size:11px}
details thead th{font-size:11px}
details :is(th,td){padding-right:6px}
}
@media print{
body{max-width:none;padding:0;font-size:11px}
.source{break-before:auto}
figure,li,tr,h2{break-inside:avoid}h2{break-after:avoid}
details{display:none}
.bar,.band,.line,.run,.cut,.sign{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
"""
