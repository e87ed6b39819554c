"""A page ready to be printed, as sections of paragraphs, lists, tables and pictures: no Markdown and no HTML."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gaitcore.reporting.tables.layout import Table
from gaitcore.reporting.tables.markdown import bullets, grid, page


@dataclass(frozen=True)
class Grid:
    """Texts in rows under a header."""

    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Bullets:
    """Sentences, one to a bullet."""

    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Files:
    """Files to look into, by their paths from the page's folder."""

    lead: str  # what they are
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """A PNG that becomes part of the page, with what stands below it."""

    name: str  # "Figure 1"
    png: bytes
    inches: float  # how wide it is on paper
    alt: str  # instead of it, for those who do not see it
    caption: str
    files: Files


@dataclass(frozen=True)
class Code:
    """A long text to be shown as it is, folded away under a summary."""

    summary: str
    text: str


@dataclass(frozen=True)
class Contents:
    """The titles of the page's sections, to go to them."""

    titles: tuple[str, ...]


Part = str | Grid | Bullets | Files | Table | Picture | Code | Contents  # a text is a paragraph


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Page:
    """A title, what is said first, and sections."""

    title: str
    lead: tuple[Part, ...]
    sections: tuple[Section, ...]


def anchor(title: str) -> str:
    """What a link to the section of this title ends in, as hosts of Markdown have it: ``run-times``."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def page_markdown(content: Page) -> str:
    """A page of paragraphs, grids and bullets as Markdown."""
    parts = [f"# {content.title}", *map(_markdown, content.lead)]
    for section in content.sections:
        parts += [f"## {section.title}", *map(_markdown, section.parts)]
    return page(parts)


def _markdown(part: Part) -> str:
    match part:
        case Grid(header, lines):
            return grid([_escaped(line) for line in lines], list(header))
        case Bullets(sentences):
            return bullets(sentences)
        case str():
            return part
    raise TypeError(f"{type(part).__name__} has no form in Markdown")


def _escaped(line: Iterable[str]) -> list[str]:
    return [cell.replace("|", "\\|") for cell in line]
