"""Installed fonts for signs that a document's own font lacks, e.g. the title of a data set in Chinese."""

import logging
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import matplotlib
from matplotlib.font_manager import findSystemFonts, fontManager
from matplotlib.ft2font import FT2Font

log = logging.getLogger(__name__)

T = TypeVar("T")

# These have many signs and are looked at first; the others follow by name.
_PREFERRED = ("Noto Sans CJK", "Noto Sans", "DejaVu Sans", "Droid Sans Fallback", "WenQuanYi", "Arial Unicode MS")
_MISSING = re.compile(r"Glyph (\d+) .* missing from font")  # a warning of Matplotlib's


def families_with(signs: set[str]) -> list[str]:
    """The families of installed fonts that together have as many of these signs as any have, few rather than many."""
    families = []
    for path, font in _installed():
        found = {sign for sign in signs if font.get_char_index(ord(sign))}
        if found:
            fontManager.addfont(path)
            families.append(font.family_name)
            signs = signs - found
        if not signs:
            break
    return families


def _installed() -> Iterator[tuple[str, FT2Font]]:
    """The upright installed fonts of ordinary weight; Matplotlib's own list may be older than a font."""
    found = []
    for path in findSystemFonts():
        if path.lower().endswith((".ttf", ".ttc", ".otf")):
            try:
                font = FT2Font(path)
            except (OSError, RuntimeError):
                continue
            place = next((n for n, name in enumerate(_PREFERRED) if font.family_name.startswith(name)), len(_PREFERRED))
            if font.style_name in ("Regular", "Book", "Roman", "Normal", "Medium"):
                found.append((place, font.family_name, Path(path).name, path, font))
    for *_, path, font in sorted(found, key=lambda one: one[:4]):
        yield path, font


def with_fonts(draw: Callable[[], T], path: Path) -> T:
    """Draw a figure; where the style's font lacks a sign, draw it again with installed fonts that have it.

    Signs that no font has are drawn as boxes, and the log names them.

    Args:
        draw: draws and saves the figure in the style in force.
        path: of the figure, for messages.
    """
    drawn, missing = _watched(draw)
    families = families_with(missing) if missing else []
    if families:
        with matplotlib.rc_context({"font.family": [*matplotlib.rcParams["font.family"], *families]}):
            drawn, missing = _watched(draw)
    if missing:
        log.warning(
            '%s: no installed font has the signs "%s", so boxes stand in their place; install a font that has them '
            "(Debian: fonts-noto-cjk for Chinese, Japanese and Korean, fonts-noto for others) and draw it again",
            path,
            "".join(sorted(missing)),
        )
    return drawn


def _watched(draw: Callable[[], T]) -> tuple[T, set[str]]:
    """What a function returns, and the signs that Matplotlib warned it had no glyph for."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        drawn = draw()
    missing = set()
    for warning in caught:
        glyph = _MISSING.match(str(warning.message))
        if glyph:
            missing.add(chr(int(glyph[1])))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return drawn, missing
