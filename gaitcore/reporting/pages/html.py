"""Pages as single HTML files that include their pictures and need no network.

A script of a few lines sorts tables and enlarges figures; without it everything is readable.
"""

import re
from base64 import b64encode
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup, escape

from gaitcore.reporting.escaping import plain, plain_lines
from gaitcore.reporting.pages.sections import Page, anchor

# The text of pictures is about as large as that of the page, so it is larger on a screen than in print. On a phone a
# wide picture scrolls, like a table; shrunk to the screen it would not be legible.
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; max-width: 72rem; margin: 2rem auto;
  padding: 0 1.5rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p, li { max-width: 60rem; }
a { color: #0b57a4; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; }
.scroll { overflow-x: auto; background: linear-gradient(to right, #fff 1rem, transparent 3rem) local,
  linear-gradient(to left, #fff 1rem, transparent 3rem) right local,
  linear-gradient(to right, #0003, transparent .8rem), linear-gradient(to left, #0003, transparent .8rem) right;
  background-size: 50% 100%, 50% 100%, .8rem 100%, .8rem 100%; background-repeat: no-repeat; }
table { border-collapse: collapse; border-top: 2px solid; border-bottom: 2px solid;
  font-variant-numeric: tabular-nums; }
thead { border-bottom: 1px solid; }
th, td { padding: .25rem .8rem .25rem 0; text-align: left; vertical-align: top; }
tr.block td { border-top: 1px solid #bbb; }
code { overflow-wrap: anywhere; }
th, .numbers td { white-space: nowrap; }
th button { all: unset; cursor: pointer; }
th button:focus-visible, figure img:focus-visible { outline: 2px solid #0b57a4; }
th[aria-sort=ascending] button::after { content: " \\2191"; }
th[aria-sort=descending] button::after { content: " \\2193"; }
figure { display: inline-block; vertical-align: top; width: calc(var(--inches) * 138px); max-width: 100%;
  margin: 1rem 2.5rem 1.5rem 0; }
figure.large { display: block; width: 100%; }
figure img[tabindex] { cursor: zoom-in; } figure.large img[tabindex] { cursor: zoom-out; }
figure img { display: block; width: 100%; min-width: calc(var(--inches) * 100px); height: auto; }
figcaption { margin-top: .5rem; }
.files { font-size: .87em; color: #555; overflow-wrap: anywhere; }
figcaption .files { margin: .3rem 0 0; }
summary { cursor: pointer; }
pre { overflow-x: auto; background: #f6f6f6; padding: 1rem; font-size: .85rem; line-height: 1.4; }
@media screen and (max-width: 40rem) {
  body { margin: 1rem auto; padding: 0 1rem; }
  th { white-space: normal; }
}
@media print {
  @page { margin: 1.5cm; }
  body { font-size: 9pt; max-width: none; margin: 0; padding: 0; }
  h2 { break-after: avoid; }
  figure { width: calc(var(--inches) * 1in); margin-right: .1in; }
  figure, tr { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll, pre { overflow: visible; }
  pre { white-space: pre-wrap; }
  nav { display: none; }
  .scroll { background: none; }
}
""".strip()

# Rows are sorted within their block, whose name stays on the first of them; by number first, then by text.
_SCRIPT = """
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0], blocks = [];
  for (const row of body.rows) {
    if (!blocks.length || row.classList.contains("block")) blocks.push([]);
    blocks[blocks.length - 1].push(row);
  }
  const value = (row, column) => {
    const text = row.cells[column].textContent;
    const number = parseFloat(text.replace(/[,[]/g, "").replace("−", "-"));
    return [Number.isNaN(number) ? -Infinity : number, text];
  };
  const titles = [...table.tHead.rows[0].cells], named = blocks.length > 1;
  for (const title of titles.slice(named ? 1 : 0)) {
    const button = document.createElement("button");
    button.append(...title.childNodes);
    title.append(button);
    button.addEventListener("click", () => {
      const column = titles.indexOf(title), falling = title.getAttribute("aria-sort") !== "descending";
      for (const other of titles) other.removeAttribute("aria-sort");
      title.setAttribute("aria-sort", falling ? "descending" : "ascending");
      for (const rows of blocks) {
        const name = named ? rows[0].cells[0].textContent : "";
        rows.sort((one, other) => {
          const [a, b] = [value(one, column), value(other, column)];
          return (falling ? -1 : 1) * (a[0] - b[0] || a[1].localeCompare(b[1])) || 0;
        });
        rows.forEach((row, number) => {
          if (named) row.cells[0].textContent = number ? "" : name;
          row.classList.toggle("block", named && !number);
          body.append(row);
        });
      }
    });
  }
}
for (const image of document.querySelectorAll("figure img")) {
  image.tabIndex = 0;
  image.title = "Enlarge or shrink";
  const toggle = () => image.closest("figure").classList.toggle("large");
  image.addEventListener("click", toggle);
  image.addEventListener("keydown", (event) => { if (event.key === "Enter") toggle(); });
}
""".strip()

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[._]+[A-Za-z0-9]+)+")

_PAGE = """{% macro show_files(files) %}
<p class="files">{{ files.lead }}:
{% for path in files.paths %}<a href="{{ path | address }}">{{ path }}</a>{% if not loop.last %}, {% endif %}
{%- endfor %}</p>
{% endmacro %}
{% macro show_grid(grid) %}
<div class="scroll"><table{% if grid.numbers %} class="numbers"{% endif %}>
<thead><tr>{% for cell in grid.header %}<th>{{ cell | divisible }}</th>{% endfor %}</tr></thead>
<tbody>
{% for line in grid.lines %}
<tr>{% for cell in line %}<td>{{ cell if grid.numbers else cell | divisible }}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table></div>
{% endmacro %}
{% macro show_bullets(sentences) %}
<ul>
{% for sentence in sentences %}
<li>{{ sentence }}</li>
{% endfor %}
</ul>
{% endmacro %}
{% macro show_table(table) %}
{% set in_blocks = table.rows | map(attribute="block") | select | list %}
<p id="{{ table.name }}-caption">{{ table.caption }}</p>
<div class="scroll"><table class="numbers" aria-describedby="{{ table.name }}-caption">
<thead><tr>{% if in_blocks %}<th>{{ table.block_title }}</th>{% endif %}<th>Method</th>
{%- for title in table.columns.values() %}<th>{{ title }}</th>{% endfor %}
{#- -#}
<th>{{ table.interval_title }}</th></tr></thead>
<tbody>
{% for row in table.rows %}
{% set starts = in_blocks and loop.changed(row.block) %}
<tr{% if starts %} class="block"{% endif %}>{% if in_blocks %}<td>{{ row.block if starts }}</td>{% endif %}
<td>{{ row.method }}{{ row.mark }}</td>
{%- for key in table.columns %}{% set text = table.cell_text(row, key) %}
<td>{% if key in row.best %}<b>{{ text }}</b>{% else %}{{ text }}{% endif %}</td>
{%- endfor %}<td>{{ table.interval_text(row) }}</td></tr>
{% endfor %}
</tbody>
</table></div>
{{ show_bullets(table.notes) }}
{%- endmacro %}
{% macro show_picture(picture) %}
<figure style="--inches: {{ picture.inches | round(2) }}">
<div class="scroll"><img alt="{{ picture.alt }}" src="data:image/png;base64,{{ picture.png | base64 }}"></div>
<figcaption><b>{{ picture.name }}.</b> {{ picture.caption }}
{{ show_files(picture.files) }}</figcaption>
</figure>
{% endmacro %}
{% macro show(part) %}
{% set kind = part | kind %}
{% if kind == "str" %}
<p>{{ part }}</p>
{% elif kind == "Grid" %}
{{ show_grid(part) }}
{%- elif kind == "Bullets" %}
{{ show_bullets(part.sentences) }}
{%- elif kind == "Files" %}
{{ show_files(part) }}
{%- elif kind == "Table" %}
{{ show_table(part) }}
{%- elif kind == "Picture" %}
{{ show_picture(part) }}
{%- elif kind == "Code" %}
<details><summary>{{ part.summary }}</summary>
<pre><code>{{ part.text | lines }}</code></pre>
</details>
{% elif kind == "Contents" %}
<nav aria-label="Contents"><ul>
{% for title in part.titles %}
<li><a href="#{{ title | anchor }}">{{ title }}</a></li>
{% endfor %}
</ul></nav>
{% endif %}
{% endmacro %}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ page.title }}</title>
<style>
{{ style }}
</style>
</head>
<body>
<h1>{{ page.title }}</h1>
{% for part in page.lead %}
{{ show(part) }}
{%- endfor %}
{% for section in page.sections %}
<h2 id="{{ section.title | anchor }}">{{ section.title }}</h2>
{% for part in section.parts %}
{{ show(part) }}
{%- endfor %}
{% endfor %}
<script>
{{ script }}
</script>
</body>
</html>
"""


def _printed(value: object) -> object:
    """A value as the page prints it: texts on one line; they are escaped afterwards. Markup is left as it is."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _divisible(value: Any) -> Any:
    """A cell; a key or name of a file in it may be divided behind a dot or underscore, since a phone is narrow."""
    if isinstance(value, str) and _KEY.fullmatch(value):
        return Markup(re.sub(r"([._]+)", r"\1<wbr>", value))
    return value


_ENVIRONMENT = Environment(
    autoescape=True, finalize=_printed, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
)
_ENVIRONMENT.filters |= {
    "address": lambda path: quote(path, errors="replace"),
    "anchor": anchor,
    "divisible": _divisible,
    "base64": lambda content: Markup(b64encode(content).decode("ascii")),
    "kind": lambda part: type(part).__name__,
    "lines": lambda text: escape(plain_lines(text)),
}
_TEMPLATE = _ENVIRONMENT.from_string(_PAGE)


def page_html(page: Page) -> str:
    """A page as an HTML file."""
    inside = {"style": Markup(_STYLE), "script": Markup(_SCRIPT)}
    return _TEMPLATE.render(page=page, **inside).lstrip()
