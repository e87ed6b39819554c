"""The content of a page, independent of Markdown and HTML: sections of paragraphs, lists, tables and pictures."""

import re
from dataclasses import dataclass

from gaitcore.reporting.escaping import Markdown, markdown_line
from gaitcore.reporting.tables.layout import Table
from gaitcore.reporting.tables.markdown import bullets, code, grid, heading, page


@dataclass(frozen=True)
class Grid:
    """Rows of texts under a header; in a page of HTML a cell of ``numbers`` is not broken into lines."""

    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    numbers: bool = False


@dataclass(frozen=True)
class Bullets:
    """Sentences, one to a bullet."""

    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Files:
    """Links to files, by their paths from the folder of the page."""

    lead: str  # the text before them
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """A PNG that is included in the page, with caption and files below it."""

    name: str  # "Figure 1"
    png: bytes
    inches: float  # width on paper
    alt: str  # alternative text for readers who cannot see it
    caption: str
    files: Files


@dataclass(frozen=True)
class Code:
    """A long preformatted text, folded under a summary."""

    summary: str
    text: str


@dataclass(frozen=True)
class Contents:
    """The titles of the page's sections, as links."""

    titles: tuple[str, ...]


Part = str | Grid | Bullets | Files | Table | Picture | Code | Contents  # a text is a paragraph


@dataclass(frozen=True)
class Section:
    """A heading and the parts under it."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Page:
    """A title, the parts before the first section, and sections."""

    title: str
    lead: tuple[Part, ...]
    sections: tuple[Section, ...]


def anchor(title: str) -> str:
    """The anchor of the section with this title, e.g. ``run-times``, in the form that Markdown hosts use."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def page_markdown(content: Page) -> str:
    """A page of paragraphs, grids, bullets and code as Markdown."""
    parts = [heading(1, content.title), *map(_markdown, content.lead)]
    for section in content.sections:
        parts += [heading(2, section.title), *map(_markdown, section.parts)]
    return page(parts)


def _markdown(part: Part) -> Markdown:
    match part:
        case Grid(header, lines):
            return grid(lines, header)
        case Bullets(sentences):
            return bullets(sentences)
        case Code(_, text):
            return code(text)
        case str():
            return markdown_line(part)
    raise TypeError(f"{type(part).__name__} has no form in Markdown")
