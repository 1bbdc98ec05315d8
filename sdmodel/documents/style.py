"""How the pages look: on a desk, on a phone and on paper."""

from sdmodel.style import css

STYLE = (
    css()
    + """
* { box-sizing: border-box; }
html { scroll-padding-top: 3.5rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; color: var(--ink); background: white;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1.2rem 1.25rem 4rem; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: .4rem 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; padding-top: .6rem;
  border-top: 2px solid var(--mark); }
h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
p, .text { max-width: 52rem; margin: .5rem 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: .92rem; }
a { color: var(--mark); text-decoration-thickness: 1px; text-underline-offset: .15em; }
a:hover { text-decoration-thickness: 2px; }
a:focus-visible, .scroll:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
nav.top { background: var(--tint); border-bottom: 1px solid var(--line); padding: .55rem 1.25rem;
  font-size: .95rem; }
nav.top ul { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; margin: 0 auto;
  padding: 0; max-width: 76rem; }
nav.top [aria-current] { font-weight: 700; color: var(--ink); text-decoration: none; }
.letters { display: flex; flex-wrap: wrap; gap: .2rem .9rem; padding: 0; list-style: none; }
.names { columns: 17rem; column-gap: 2rem; padding-left: 1.1rem; }
.names li, .tree li { break-inside: avoid; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem;
  margin: .6rem 0; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; max-width: 34rem; overflow-wrap: break-word; }
td.n { text-align: right; white-space: nowrap; }
thead th { background: var(--tint); }
tbody th { font-weight: 600; }
.equations { background: var(--tint); border-left: 4px solid var(--mark); padding: .7rem 1rem;
  margin: .8rem 0; overflow-x: auto; }
.eq { font-size: 1.06rem; line-height: 1.9; display: flex; flex-wrap: wrap; align-items: center;
  gap: 0 .5em; }
.eq > span:last-child { min-width: 0; }
.eq .left { font-weight: 600; }
.eq + .eq { margin-top: .3rem; }
.frac { display: inline-flex; flex-direction: column; vertical-align: middle; text-align: center;
  line-height: 1.35; margin: 0 .2em; }
.frac .num { border-bottom: 1.5px solid currentColor; padding: 0 .3em .1em; }
.frac .den { padding: .1em .3em 0; }
sup { line-height: 1; }
.nb { white-space: nowrap; }
.sub { font-size: .85em; color: var(--soft); }
.fn { font-size: .88em; letter-spacing: .02em; }
.cases { list-style: none; margin: 0; padding: .1rem 0 .1rem .8rem;
  border-left: 2px solid var(--ink); }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; color: var(--soft);
  margin: .4rem 0; tab-size: 4; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr));
  gap: 0 2.5rem; }
figure { margin: .8rem 0; }
figcaption { color: var(--soft); font-size: .9rem; }
figure svg { max-width: 100%; height: auto; }
.view svg { border: 1px solid var(--line); max-width: none; }
.view svg a:hover text, .view svg a:focus text { text-decoration: underline; }
.tree, .tree ul { list-style: none; padding-left: 1.1rem; margin: .2rem 0;
  border-left: 1px solid var(--line); }
.tag { display: inline-block; border: 1px solid currentColor; border-radius: .8rem;
  padding: 0 .6rem; font-size: .85rem; color: var(--soft); }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.maybe { color: var(--maybe); font-weight: 600; }
main.wide { max-width: none; }
@media (min-width: 60rem) { .view svg { max-width: 100%; height: auto; } }
@media (max-width: 40rem) {
  main { padding: .8rem .8rem 3rem; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: .5rem; }
}
@media print {
  nav.top, .skip { display: none; }
  main { max-width: none; padding: 0; }
  a { color: inherit; }
  .scroll, .equations { overflow: visible; }
  .view svg { max-width: 100%; height: auto; }
  h2, h3 { break-after: avoid; }
  tr, figure, .equations { break-inside: avoid; }
}
"""
)
