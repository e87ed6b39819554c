"""The hook of mkdocs.yml: pages from outside docs/, pages of docstrings, and links as GitHub understands them.

A link to a file of the repository that is no page leads to ``extra.repository``, or is plain text where none is given.
"""

import os
import re
from pathlib import Path
from posixpath import normpath, relpath
from urllib.parse import urlsplit

from markdown import Extension
from markdown.treeprocessors import Treeprocessor
from mkdocs.structure.files import File

from gaitcore import __version__

ROOT = Path(__file__).resolve().parents[1]
CELL, CODE = re.compile(r"<td[ >].*?</td>", re.DOTALL), re.compile(r"(?<=<code>)[^<]*")
ROLE = re.compile(r":(?:class|data|func|meth|mod):(<code>)~?")  # of docstrings


def anchor(title, separator):
    """A heading's anchor by GitHub's rule: ``A row is marked ‡`` has ``a-row-is-marked-``."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", separator)


def on_config(config):
    config.copyright = f"gaitcore {__version__}"
    if "MIKE_DOCS_VERSION" in os.environ:  # pages of several versions on one server: a menu of them
        config.extra["version"] = {"provider": "mike", "alias": True}
    config.mdx_configs.setdefault("toc", {})["slugify"] = anchor
    config.markdown_extensions.append(_Links(config))
    return config


def on_files(files, config):
    for source, page in config.extra["root_pages"].items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    for page, names in config.extra["api_pages"].items():
        files.append(File.generated(config, page, content="\n\n".join(f"::: {name}" for name in names) + "\n"))
    return files


def on_page_markdown(markdown, page, config, files):
    config.extra["page"] = page.file.src_uri


def on_page_content(html, page, config, files):
    html = CELL.sub(
        lambda cell: CODE.sub(_divisible, cell[0]).replace(" ± ", "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}"), html
    )
    return ROLE.sub(r"\1", html)


def _divisible(code):
    """A key or path in a table, which a browser may divide behind a dot, slash or underscore."""
    return re.sub(r"([._/])(?=\w)", r"\1<wbr>", code[0])


class _Links(Extension):
    def __init__(self, config):
        super().__init__()
        self._config = config

    def extendMarkdown(self, md):  # noqa: N802 (Markdown's name)
        md.treeprocessors.register(_Relative(self._config.extra), "repository_links", 5)  # before MkDocs checks links


class _Relative(Treeprocessor):
    def __init__(self, extra):
        super().__init__()
        self._extra = extra

    def run(self, root):
        pages = self._extra["root_pages"]
        page = self._extra["page"]
        source = {made: name for name, made in pages.items()}.get(page, f"docs/{page}")
        for element in root.iter():
            attribute = {"a": "href", "img": "src"}.get(element.tag)
            link = urlsplit(element.get(attribute, "")) if attribute else None
            if not link or link.scheme or not link.path:
                continue
            target = normpath(f"{Path(source).parent.as_posix()}/{link.path}")
            shown = pages.get(target, target.removeprefix("docs/") if target.startswith("docs/") else None)
            if shown:
                url = relpath(shown, Path(page).parent.as_posix())
            elif self._extra["repository"]:
                url = f"{self._extra['repository'].rstrip('/')}/blob/HEAD/{target}"
            else:
                element.tag = "span"
                del element.attrib[attribute]
                continue
            element.set(attribute, link._replace(path=url).geturl() if shown else f"{url}#{link.fragment}".rstrip("#"))
