"""What a report adds to the look of the pages: figures side by side, and pages of paper."""

from sdmodel.style import SOFT

# The margins of a page of paper know no names of colours.
PRINT = """
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr));
  gap: .4rem 1.6rem; margin: .8rem 0; }
.plots figure { margin: 0; min-width: 0; }
.plots svg { max-width: 100%; height: auto; }
.letters svg { vertical-align: middle; }
.drawing img { display: block; max-width: 100%; height: auto; }
.numbers td { text-align: right; }
.numbers thead th { vertical-align: bottom; }
@page { size: A4; margin: 17mm 15mm 18mm;
  @bottom-center { content: counter(page) " / " counter(pages); font: 8pt Arial, sans-serif;
    color: SOFT; } }
@media print {
  body { font-size: 9.5pt; line-height: 1.4; }
  h1 { font-size: 19pt; }
  h2 { font-size: 13pt; margin-top: 1.4rem; }
  h3 { font-size: 10.5pt; }
  table { font-size: 8pt; width: 100%; }
  th, td { padding: .18rem .45rem; overflow-wrap: break-word; max-width: none; }
  .soft, figcaption { font-size: 8.5pt; }
  td .soft { font-size: inherit; }
  p:has(+ .plots), p:has(+ .scroll), p:has(+ p + .scroll), .letters, tbody tr:first-child,
  p:has(+ .letters), p:has(+ h3), p:has(+ p.soft) { break-after: avoid; }
  .facts { break-inside: avoid; }
  thead { display: table-header-group; }
  p, li { orphans: 3; widows: 3; }
  .plots { grid-template-columns: 1fr 1fr; }
  .drawing img { max-height: 215mm; width: auto; margin: 0 auto; }
  .equations { padding: .25rem .6rem; margin: .35rem 0; }
  .eq { font-size: 9.5pt; line-height: 1.5; }
  .equations p { margin: .1rem 0 0; }
}
""".replace("SOFT", SOFT)
