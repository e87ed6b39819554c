"""Tables and pages as HTML files that stand alone: no network, no script."""

from jinja2 import Environment

from gaitcore.reporting.layout import INTERVAL_TITLE, Row, Table
from gaitcore.reporting.sections import Bullets, Grid, Page

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff; max-width: 72rem; margin: 2rem auto;
  padding: 0 1.5rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; border-top: 2px solid; border-bottom: 2px solid;
  font-variant-numeric: tabular-nums; }
thead { border-bottom: 1px solid; }
th, td { padding: .25rem .8rem .25rem 0; text-align: left; vertical-align: top; }
tr.block td { border-top: 1px solid #bbb; }
code { overflow-wrap: anywhere; }
caption { text-align: left; padding-bottom: .6rem; }
""".strip()

_ENVIRONMENT = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ title }}</title>
<style>
{{ style }}
</style>
</head>
<body>
"""

_PAGE = _ENVIRONMENT.from_string(
    """{% macro show(part) %}
{% if part.kind == "Grid" %}
<div class="scroll"><table>
<thead><tr>{% for cell in part.content.header %}<th>{{ cell }}</th>{% endfor %}</tr></thead>
<tbody>
{% for line in part.content.lines %}
<tr>{% for cell in line %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table></div>
{% elif part.kind == "Bullets" %}
<ul>
{% for sentence in part.content.sentences %}
<li>{{ sentence }}</li>
{% endfor %}
</ul>
{% else %}
<p>{{ part.content }}</p>
{% endif %}
{% endmacro %}
"""
    + _HEAD
    + """<h1>{{ title }}</h1>
{% for part in lead %}
{{ show(part) }}
{%- endfor %}
{% for section in sections %}
<h2>{{ section.title }}</h2>
{% for part in section.parts %}
{{ show(part) }}
{%- endfor %}
{% endfor %}
</body>
</html>
"""
)

_TABLE = _ENVIRONMENT.from_string(
    _HEAD
    + """<div class="scroll"><table>
<caption>{{ title }}</caption>
<thead><tr>{% for cell in header %}<th>{{ cell }}</th>{% endfor %}</tr></thead>
<tbody>
{% for line in lines %}
<tr{% if line.starts_block %} class="block"{% endif %}>
{%- for cell in line.labels %}<td>{{ cell }}</td>{% endfor %}
{%- for cell in line.cells %}<td>{% if cell.best %}<b>{{ cell.text }}</b>{% else %}{{ cell.text }}{% endif %}</td>
{%- endfor %}<td>{{ line.interval }}</td></tr>
{% endfor %}
</tbody>
</table></div>
<ul>
{% for note in notes %}
<li>{{ note }}</li>
{% endfor %}
</ul>
</body>
</html>
"""
)


def page_html(content: Page) -> str:
    """A page as an HTML file."""
    sections = [
        {"title": section.title, "parts": [_kind(part) for part in section.parts]} for section in content.sections
    ]
    lead = [_kind(part) for part in content.lead]
    return _PAGE.render(title=content.title, lead=lead, sections=sections, style=_STYLE)


def table_html(table: Table) -> str:
    """Caption, table and notes as an HTML file."""
    blocks = [row.block for row in table.rows]
    header = [table.block_title] * any(blocks) + ["Method", *table.columns.values(), INTERVAL_TITLE]
    lines = []
    for place, row in enumerate(table.rows):
        first = row.block not in blocks[:place]
        label = [row.block if first else ""] * any(blocks)
        lines.append(_line(table, row, [*label, row.method + row.mark], starts_block=first and any(blocks)))
    return _TABLE.render(title=table.caption, header=header, lines=lines, notes=table.notes, style=_STYLE)


def _line(table: Table, row: Row, labels: list[str], starts_block: bool) -> dict:
    cells = [{"text": table.cell_text(row, key), "best": key in row.best} for key in table.columns]
    return {"labels": labels, "cells": cells, "interval": table.interval_text(row), "starts_block": starts_block}


def _kind(part: str | Grid | Bullets) -> dict:
    return {"kind": type(part).__name__, "content": part}
