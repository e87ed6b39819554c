"""The documentation as pages: every page is in the navigation once, and nothing is loaded from another host."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from importlib.util import find_spec

import pytest
import yaml
from places import REPOSITORY


class Loader(yaml.SafeLoader):
    """YAML with MkDocs' tag for variables of the environment, which are not looked up."""


Loader.add_constructor("!ENV", lambda loader, node: loader.construct_sequence(node))
SETTINGS = yaml.load((REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8"), Loader)  # a SafeLoader
needs_mkdocs = pytest.mark.skipif(find_spec("material") is None, reason="MkDocs is not installed: make site")
CHROMIUM = shutil.which("chromium")


def leaves(navigation):
    """The pages of a navigation, in order."""
    if isinstance(navigation, str):
        return [navigation]
    parts = navigation.values() if isinstance(navigation, dict) else navigation
    return [page for part in parts for page in leaves(part)]


def test_the_navigation_has_every_page_exactly_once():
    pages = [path.relative_to(REPOSITORY / "docs").as_posix() for path in (REPOSITORY / "docs").rglob("*.md")]
    made = [*SETTINGS["extra"]["root_pages"].values(), *SETTINGS["extra"]["api_pages"]]
    assert Counter(leaves(SETTINGS["nav"])) == Counter([*pages, *made])


class Loaded(HTMLParser):
    """What a browser loads for a page: addresses of scripts, stylesheets, pictures and frames."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        loads = tag in ("script", "img", "iframe", "source", "video", "audio")
        loads = loads or (tag == "link" and attributes.get("rel") not in ("canonical", "next", "prev"))
        self.addresses += [attributes[name] for name in ("src", "href", "srcset") if loads and attributes.get(name)]


def built(folder, repository):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=REPOSITORY,
        env={**os.environ, "SITE_REPOSITORY": repository, "PYTHONPATH": str(REPOSITORY), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return built(tmp_path_factory.mktemp("site"), "")


@needs_mkdocs
@pytest.mark.slow
def test_no_page_loads_anything_from_another_host(site):
    pages = sorted(site.rglob("*.html"))
    assert {page.removesuffix(".md") + ".html" for page in leaves(SETTINGS["nav"])} <= {
        page.relative_to(site).as_posix() for page in pages
    }
    for page in pages:
        loaded = Loaded()
        loaded.feed(page.read_text(encoding="utf-8"))
        assert [address for address in loaded.addresses if re.match(r"(https?:)?//", address)] == [], page.name
    for sheet in site.rglob("*.css"):
        assert re.findall(r"url\([\"']?(?:https?:)?//[^)]*\)|@import[^;]*//[^;]*;", sheet.read_text("utf-8")) == []


@needs_mkdocs
@pytest.mark.slow
def test_links_lead_to_pages_and_to_the_repository_where_it_is_known(site, tmp_path):
    pages = ("index.html", "house.html", "results.html")
    start, house, results = ((site / page).read_text(encoding="utf-8") for page in pages)
    assert '<a href="faq.html#a-row-is-marked-">nothing to learn</a>' in results
    assert "<span>LICENSE</span>" in start or "<span>MIT licence</span>" in start
    assert "<span>settings/</span>" in house
    there = (built(tmp_path, "https://example.org/gait/") / "house.html").read_text(encoding="utf-8")
    assert '<a href="https://example.org/gait/blob/HEAD/gaitcore/settings">settings/</a>' in there
    assert '<a href="contributing.html#how-to-add-something">' in there


@needs_mkdocs
@pytest.mark.slow
def test_docstrings_of_public_names_are_on_the_pages_of_python(site):
    poses = (site / "api" / "poses.html").read_text(encoding="utf-8")
    assert 'id="gaitcore.poses.read_poses"' in poses
    assert not re.search(
        r":(func|class|mod|data|meth):<code>", "".join(p.read_text("utf-8") for p in site.rglob("*.html"))
    )


@needs_mkdocs
@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")
@pytest.mark.parametrize("page", ["index.html", "api/poses.html"])
def test_the_search_works_in_pages_opened_from_a_folder(site, page, tmp_path):
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    command += ["--virtual-time-budget=8000", "--dump-dom", f"{(site / page).as_uri()}?q=collapse"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert f'href="{site.as_uri()}/faq.html?h=collapse#a-run-has-collapsed"' in shown
