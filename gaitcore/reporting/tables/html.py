"""Tables as HTML files, each a page of its own."""

from gaitcore.reporting.pages.html import page_html
from gaitcore.reporting.pages.sections import Page
from gaitcore.reporting.tables.layout import Table


def table_html(table: Table) -> str:
    """Caption, table and notes as an HTML file."""
    return page_html(Page(table.title, lead=(table,), sections=()))
