"""Texts of the user are printed as they are in Markdown, HTML and LaTeX, whatever they contain."""

import random
import shutil
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from gaitcore.reporting.escaping import Markdown, latex, latex_label, markdown, markdown_line, plain, plain_lines
from gaitcore.reporting.pages.document import compile_pdf, document
from gaitcore.reporting.pages.html import page_html
from gaitcore.reporting.pages.sections import Bullets, Code, Files, Grid, Page, Picture, Section, page_markdown
from gaitcore.reporting.tables.html import table_html
from gaitcore.reporting.tables.latex import table_latex
from gaitcore.reporting.tables.markdown import bullets, grid, heading, page, table_markdown
from gaitcore.reporting.tables.summary import summary_markdown
from gaitcore.reporting.tables.tables import table1, table2

HOSTILE = [
    "<script>alert(1)</script>",
    "</title><script>1</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- a comment",
    "<?php ?> <![CDATA[x]]>",
    "<http://evil.example>",
    "&lt;b&gt; &#60; &amp;",
    "![x](http://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "[click][1] and [1]: http://evil.example",
    "[1]: http://evil.example",
    "http://evil.example www.evil.example",
    "a\n\n## Fake heading\n| a |\n|---|",
    "## Fake heading",
    "- item",
    "+ item",
    "12. item",
    "[x] done",
    "> quoted",
    "---",
    "***",
    "a | b | c",
    r"a \| b \\| c \ d",
    "`code` ``more``",
    "```",
    "~~~",
    "~~struck~~",
    "*a* **b** _c_ __d__ e_f_g",
    "50% of a_b & c # {x} ~ ^ $1$ $$2$$",
    "a\x00b\x1b[31mc\x7f\x9f\u2028d\re\tf",
    "turned \u202e txt.exe",
    "half a sign \ud800",
    r"\input{/etc/passwd} \write18{ls} ^^5cinput",
    r"}\end{table*}\end{document}",
    "[3pt] after a row",
    "*after a row",
    "{{ 7 * 7 }} {% raw %} %(name)s {0} TITLE PACKAGES FONTS",
    "``quoted'' ?` !` -- ---",
    "   spaces   ",
]
SIGNS = [*"\\`*_{}[]()<>#+-.!|~$&:;=\"'/@^% \n\tab1é", "](", "![", "<a", "http://", "&amp;", "--", "\n\n", "|---|"]
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def random_texts(number, seed):
    draw = random.Random(seed)
    return ["".join(draw.choices(SIGNS, k=draw.randint(1, 25))) for _ in range(number)]


TEXTS = [*HOSTILE, *random_texts(300, seed=1)]


def read(text):
    """(kinds of blocks, what is in them as plain text) of Markdown; fails where a text has become markup."""
    blocks, contents = [], []
    for token in READER.parse(text):
        if token.type == "inline":
            assert {child.type for child in token.children} <= {"text", "text_special"}, text
            contents.append("".join(child.content for child in token.children))
        elif token.nesting >= 0:
            blocks.append(token.type)
    return blocks, contents


def test_a_text_is_one_line_without_control_characters():
    assert plain("a\x00b\n\n c\t\x9f d\u2028") == "a b c d"
    assert plain("turned \u202etxt\ufeff") == "turned txt"
    assert plain("half \ud800") == "half ?"
    assert plain("e\u0301 步态 \u200d joined") == "e\u0301 步态 \u200d joined"
    assert plain_lines("a:\n  b\x00: \u202ec\r\n") == "a:\n  b : c \n"


USUAL = "Beta_net, 94.9 ± 1.2 [80.1, 89.1], NM#5-6 (p < 0.001)"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        (USUAL, USUAL),
        ("![x](http://e.org)", r"![x]\(http:\//e.org)"),
        ("<b> & &lt;", "&lt;b> & &amp;lt;"),
        ("a | b_ *c* `d` $e$ ~f~", r"a \| b\_ \*c\* \`d\` \$e\$ \~f\~"),
        ("a\n# b", "a # b"),
    ],
)  # fmt: skip
def test_only_what_would_be_markdown_is_escaped(text, escaped):
    assert markdown(text) == escaped
    assert markdown(markdown(text)) == escaped


def test_a_paragraph_starts_no_block():
    starts = ["# a", "> a", "- a", "+ a", "1. a", "12) a", "[ ] a", "1.5 a", "#a"]
    assert [markdown_line(text) for text in starts] == [
        *(r"\# a", r"\> a", r"\- a", r"\+ a", r"1\. a", r"12\) a", r"\[ ] a", "1.5 a", r"\#a"),
    ]


def test_texts_are_no_markdown_in_paragraphs_headings_lists_and_tables():
    for text in TEXTS:
        expected = plain(text)
        if not expected:
            continue
        assert read(page([text])) == (["paragraph_open"], [expected])
        assert read(page([text, text])) == (["paragraph_open"] * 2, [expected] * 2)
        blocks, contents = read(page([heading(1, f"Title {text} end"), bullets([text, text])]))
        items = ["list_item_open", "paragraph_open"]
        assert blocks == ["heading_open", "bullet_list_open", *items, *items]
        assert contents == [f"Title {expected} end", expected, expected]
        blocks, contents = read(page([grid([[text, "b"], ["c", text]], ["head", text])]))
        assert blocks.count("th_open") == 2
        assert blocks.count("td_open") == 4
        assert contents == ["head", expected, expected, "b", "c", expected]


def test_markdown_that_a_writer_made_is_left_as_it_is():
    assert page([Markdown("**94.9**")]) == "**94.9**\n"


@pytest.fixture
def hostile(summary, context):
    """The made-up experiment with a hostile text in each place that the user fills."""

    def with_text(text):
        return summary, replace(
            context,
            experiment=text,
            dataset=text,
            gallery=text,
            probe_labels=dict.fromkeys(context.probe_labels, text),
            condition_titles=dict.fromkeys(context.condition_titles, text),
            system_titles={"alpha": text, "beta_net": f"{text} 2"},
            excluded={text: 3},
        )

    return with_text


def test_tables_and_the_summary_have_the_same_blocks_whatever_the_texts_are(hostile):
    writers = (
        lambda summary, context: table_markdown(table1(summary, context)),
        lambda summary, context: table_markdown(table2(summary, context)),
        summary_markdown,
    )
    expected = [READER.parse(write(*hostile("plain text"))) for write in writers]
    for text in HOSTILE:
        for write, tokens in zip(writers, expected, strict=True):
            found = READER.parse(write(*hostile(text)))
            assert [token.type for token in found] == [token.type for token in tokens], text
            inline = {child.type for token in found for child in token.children or ()}
            assert inline <= {"text", "text_special", "strong_open", "strong_close"}, text


class Tags(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, *sorted(name for name, _ in attrs)))

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(data)


def whole_page(text):
    picture = Picture(text, b"PNG", 3.4, text, text, Files(text, (f"figures/{text}.pdf",)))
    parts = (text, Bullets((text,)), Grid((text,), ((text,),)), picture, Code(text, f"a:\n  {text}"))
    return Page(text, (text,), (Section(text, parts),))


def test_pages_have_the_same_tags_whatever_the_texts_are(hostile):
    tags, of_table = Tags(page_html(whole_page("plain"))), Tags(table_html(table1(*hostile("plain"))))
    for text in HOSTILE:
        found = Tags(page_html(whole_page(text)))
        assert found.found == tags.found, text
        assert found.text.count(plain(text)) >= 7
        html = table_html(table1(*hostile(text)))
        assert Tags(html).found == of_table.found, text
        assert not {"\x00", "\x1b", "\u202e"} & set(html)


def test_lines_of_code_keep_their_spaces():
    code = Code("settings", "a:\n  <b>: \x00\n    c")
    assert "<code>a:\n  &lt;b&gt;:  \n    c</code>" in page_html(Page("A", (code,), ()))


def test_a_page_of_markdown_escapes_every_part():
    text = "<b> | [a](b)"
    assert page_markdown(Page(text, (text,), (Section(text, (Bullets((text,)),)),))) == (
        "# &lt;b> \\| [a]\\(b)\n\n&lt;b> \\| [a]\\(b)\n\n## &lt;b> \\| [a]\\(b)\n\n- &lt;b> \\| [a]\\(b)\n"
    )


def test_labels_have_only_letters_digits_and_signs_that_latex_takes():
    assert latex_label("tab:50% of a_b & ü\n{x}-per-view") == "tab:50-of-a-b-x-per-view"
    assert latex_label("tab:casia_b-per-view") == "tab:casia-b-per-view"


def test_a_text_at_the_start_of_a_row_does_not_belong_to_the_row_before():
    assert latex("[3pt] a [b]") == "{[}3pt] a [b]"
    assert latex("*a*") == "{*}a*"


def test_no_text_is_a_command_or_a_comment_in_latex(hostile):
    for text in HOSTILE:
        tex = table_latex(table2(*hostile(text)))
        assert tex.count(r"\begin") == tex.count(r"\end") == 2, text
        assert "\n\n" not in tex
        assert not {"\x00", "\x1b"} & set(tex)
        assert [line for line in tex.splitlines() if line.lstrip().startswith("%")] == tex.splitlines()[:1]


@pytest.mark.slow
@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles_every_text(hostile, tmp_path):
    tables = [table_latex(table(*hostile(text))) for text in HOSTILE for table in (table1, table2)]
    tex = tmp_path / "tables.tex"
    for title in HOSTILE:
        assert latex(title) in document([], [], title)
    for start in range(0, len(tables), 12):  # LaTeX holds at most 18 floats
        tex.write_text(document(tables[start : start + 12], [], HOSTILE[start // 2]), encoding="utf-8")
        compile_pdf(tex, tmp_path / "tables.pdf")
        assert (tmp_path / "tables.pdf").stat().st_size > 10_000


def test_reasons_of_a_report_are_texts_too():
    reasons = pd.Series(["<b>|</b>"])
    assert grid([[reason, "1"] for reason in reasons], ["Reason", "Entries"]).splitlines()[2] == (
        "| &lt;b>\\|&lt;/b> | 1         |"
    )
