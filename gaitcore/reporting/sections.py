"""A page ready to be printed, as sections of paragraphs, lists and grids: no Markdown and no HTML."""

from collections.abc import Iterable
from dataclasses import dataclass

from gaitcore.reporting.markdown import bullets, grid, page


@dataclass(frozen=True)
class Grid:
    """Texts in rows under a header."""

    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Bullets:
    """Sentences, one to a bullet."""

    sentences: tuple[str, ...]


Part = str | Grid | Bullets  # a text is a paragraph


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


def page_markdown(content: Page) -> str:
    """The page as Markdown."""
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
    return part


def _escaped(line: Iterable[str]) -> list[str]:
    return [cell.replace("|", "\\|") for cell in line]
