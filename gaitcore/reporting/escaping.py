r"""Plain text in Markdown, LaTeX and HTML: whatever it contains, it is printed as it is.

Tables and pages are plain text that contains the user's titles, names and reasons. Only the writer of a format adds
markup, and it passes every text through the function of that format. So no text can become a link, a picture, a
heading, HTML, a column of a table or a command.
"""

import re

_CONTROL = "\x00-\x1f\x7f-\x9f\u2028\u2029"
_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # these turn the direction of what follows
_HALVES = re.compile("[\ud800-\udfff]")  # of characters, which UTF-8 does not have


def plain(text: str) -> str:
    """A text as one line: control characters and ends of lines are spaces, and nothing turns its direction."""
    return re.sub(f"[ {_CONTROL}]+", " ", _visible(text)).strip()


def plain_lines(text: str) -> str:
    """A text whose lines and spaces stay, without control characters."""
    return "\n".join(re.sub(f"[{_CONTROL}]", " ", line) for line in _visible(text).split("\n"))


def _visible(text: str) -> str:
    return _HALVES.sub("?", _INVISIBLE.sub("", text))


class Markdown(str):
    """A text that is Markdown already, and is not escaped again."""

    __slots__ = ()


_MARKDOWN = re.compile(
    r"""
      [\\`*~$|]                           # code, emphasis, strikethrough, mathematics, a column of a table
    | (?<![^\W_])_ | _(?![^\W_])          # emphasis; within a word an underscore is none
    | <(?=[A-Za-z/!?]) | &(?=\#?\w+;)     # HTML
    | (?<=\])[(\[:]                       # a link, a picture, the target of a link
    | (?<=:)// | (?<=www)\.               # an address, which some viewers make a link
    """,
    re.VERBOSE,
)
_HTML = {"<": "&lt;", "&": "&amp;"}
_BLOCK = re.compile(r"[#>+-]|\d+[.)](?=\s|$)|\[(?=[ xX]\])")  # starts a heading, a quotation, a list, a box to tick


def markdown(text: str) -> Markdown:
    """A text within a line of Markdown."""
    if isinstance(text, Markdown):
        return text
    return Markdown(_MARKDOWN.sub(lambda found: _HTML.get(found[0], f"\\{found[0]}"), plain(text)))


def markdown_line(text: str) -> Markdown:
    """A text as a paragraph of Markdown, or as an item of a list."""
    if isinstance(text, Markdown):
        return text
    inline = markdown(text)
    start = _BLOCK.match(inline)
    if start is None:
        return inline
    return Markdown(f"{inline[: start.end() - 1]}\\{inline[start.end() - 1 :]}")


_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        **{sign: f"\\{sign}" for sign in "{}$&#%_"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "`": "{`}",  # two of them would be a quotation mark
        "<": "$<$",
        ">": "$>$",
        "±": r"$\pm$",
        "−": "$-$",
        "×": r"$\times$",
        "°": r"$^{\circ}$",
        "†": r"$^{\dagger}$",
        "‡": r"$^{\ddagger}$",
        "§": r"$^{\S}$",
        "¶": r"$^{\P}$",
        "–": "--",
        "…": r"\ldots{}",
        "⁻": "$^{-}$",
        **{sign: f"$^{{{digit}}}$" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
        **{sign: f"$_{{{digit}}}$" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    }
)


def latex(text: str) -> str:
    """A text in LaTeX: special characters escaped, signs like ± and ° as mathematics."""
    escaped = plain(text).translate(_LATEX)
    # A bracket or a star at the start of a row would belong to the end of the row before it.
    return f"{{{escaped[0]}}}{escaped[1:]}" if escaped.startswith(("[", "*")) else escaped


def latex_label(text: str) -> str:
    r"""A text as the argument of ``\label``: other characters than letters, digits and signs like - become a hyphen."""
    return re.sub(r"[^A-Za-z0-9:.+]+", "-", plain(text))
