"""How the pages look."""

from typing import Final

PAGE_CSS: Final = """
:root { --ink: #1d2733; --soft: #5b6875; --line: #dde2e8; --accent: #005a9c; }
html, body { background: #f5f7f9; color: var(--ink); margin: 0;
  font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
:focus-visible { outline: 2px solid #005a9c; outline-offset: 2px; }
"""

TEXT_CSS: Final = """
:host { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
  font-size: 14px; line-height: 1.5; color: #1d2733; }
header { display: flex; align-items: baseline; gap: 28px; padding: 12px 24px;
  background: #10263c; color: #d9e4ee; }
header a { color: #fff; text-decoration: none; padding: 2px 0; }
header a:hover, header a[aria-current] { border-bottom: 2px solid #6cc3ee; }
header .mark { font-weight: 700; font-size: 19px; letter-spacing: 0.01em; border: 0; }
header nav { display: flex; gap: 20px; }
header .lake { margin-left: auto; font-size: 13px; }
h1 { font-size: 24px; margin: 4px 0; font-weight: 650; }
h1 small { font-weight: 400; font-size: 15px; color: #5b6875; margin-left: 10px; }
h2 { font-size: 15px; margin: 0 0 6px; font-weight: 650; }
a { color: #005a9c; }
a:focus-visible, summary:focus-visible { outline: 2px solid #005a9c; outline-offset: 2px; }
p { margin: 4px 0; }
ul { margin: 4px 0; padding-left: 18px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 4px 0; }
dt { color: #5b6875; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: 13px; width: 100%; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #dde2e8;
  vertical-align: top; }
th { color: #5b6875; font-weight: 600; }
.wide { overflow-x: auto; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 8px; }
.numbers div { background: #f2f5f8; border-radius: 6px; padding: 6px 10px; }
.numbers b { display: block; font-size: 17px; font-weight: 650; }
.numbers span { color: #5b6875; font-size: 12px; overflow-wrap: anywhere; }
.note { color: #5b6875; }
.error { color: #8c1d18; background: #fdecea; border-left: 3px solid #c0392b; padding: 8px 12px;
  overflow-wrap: anywhere; }
details { margin: 6px 0; } summary { cursor: pointer; font-weight: 600; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12.5px; }
"""

CARD_CSS: Final = """
:host { background: #fff; border: 1px solid #dde2e8; border-radius: 8px; padding: 14px 16px;
  box-sizing: border-box; }
"""

TABLE_CSS: Final = """
.tabulator { font-size: 13px; border: 1px solid #dde2e8; border-radius: 8px; }
.tabulator .tabulator-header, .tabulator .tabulator-header .tabulator-col {
  background: #f2f5f8; border-color: #dde2e8; }
.tabulator-row .tabulator-cell { border-right-color: transparent; }
.tabulator-row.tabulator-row-even { background: #fafbfc; }
.tabulator a { color: #005a9c; }
a:focus-visible { outline: 2px solid #005a9c; }
"""

FOCUS_CSS: Final = """
:focus-visible { outline: 2px solid #005a9c !important; outline-offset: 1px; }
"""

CODE_CSS: Final = """
textarea { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 13px; }
"""
