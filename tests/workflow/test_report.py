"""The report in a real browser: it shows everything, says nothing on the console and asks the network for nothing."""

import html
import json
import re
import shutil
import socketserver
import subprocess
import threading
from dataclasses import dataclass

import pytest
from places import REPOSITORY

from gaitcore.reporting.pages.html import page_html
from gaitcore.reporting.pages.sections import Files, Grid, Page, Picture

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

# What the browser asks for by itself, whatever it shows.
OF_THE_BROWSER = re.compile(
    r"(?:accounts|clients2|www)\.google\.com|(?:update|optimizationguide-pa|safebrowsing)\.googleapis\.com"
    r"|(?:redirector|edgedl\.me)\.gvt1\.com|android\.clients\.google\.com|mtalk\.google\.com"
)
# Writes what the page shows into the page, where --dump-dom finds it.
LOOK = """
<script>
addEventListener("load", () => {
  const seen = document.createElement("pre");
  seen.id = "seen";
  seen.textContent = JSON.stringify({
    tables: [...document.querySelectorAll("table")].map((table) => table.innerText),
    pictures: [...document.images].map((image) => [image.alt, image.complete && image.naturalWidth > 0]),
    captions: [...document.querySelectorAll("figcaption")].map((caption) => caption.innerText),
    text: document.body.innerText,
    loaded: performance.getEntriesByType("resource").map((entry) => entry.name),
  });
  document.body.append(seen);
});
</script>
"""


# Puts the width of the first picture, in pixels, in place of its caption.
WIDTH = """
<script>
addEventListener("load", () => {
  document.querySelector("figcaption").textContent = Math.round(document.images[0].getBoundingClientRect().width);
});
</script>
"""


@dataclass
class Seen:
    """What a browser showed, what it complained about, and what it asked the network for."""

    page: dict
    complaints: list[str]
    requests: list[str]


@pytest.fixture
def network():
    """A proxy on loopback that refuses everything and remembers the first line of what it was asked."""
    asked = []

    class Refuse(socketserver.StreamRequestHandler):
        def handle(self):
            line = self.rfile.readline().decode("ascii", "replace").strip()
            if not line:  # a connection kept ready that asks for nothing
                return
            asked.append(line)
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], asked
        server.shutdown()


def host_of(request):
    """The host that a line like ``GET http://host/path HTTP/1.1`` or ``CONNECT host:443 HTTP/1.1`` asks a proxy for."""
    return re.fullmatch(r"[A-Z]+ (?:\w+://)?([^/:]+).*", request)[1]


@pytest.fixture
def browse(tmp_path, network):
    """Open a page of this text in headless Chromium."""
    port, asked = network

    def open_page(text):
        page = tmp_path / "page.html"
        page.write_text(text.replace("</body>", LOOK + "</body>"), encoding="utf-8")
        done = subprocess.run(
            [
                *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"),
                *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
                *(
                    "--disable-domain-reliability",
                    "--disable-features=NetworkTimeServiceQuerying,OptimizationHints,MediaRouter,Translate",
                ),
                *(f"--proxy-server=http://127.0.0.1:{port}", "--enable-logging=stderr", "--virtual-time-budget=5000"),
                *("--dump-dom", page.as_uri()),
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        seen = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
        complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        requests = [line for line in asked if not OF_THE_BROWSER.fullmatch(host_of(line))]
        return Seen(json.loads(html.unescape(seen[1])), complaints, requests)

    return open_page


@pytest.fixture(scope="module")
def report(finished):
    """The report of a workflow that has made its tables."""
    done = finished.snakemake("report")
    assert done.returncode == 0, done.stdout
    return finished.results("report.html").read_text(encoding="utf-8")


def test_the_browser_shows_both_tables_and_every_figure_with_its_caption(finished, report, browse):
    page = browse(report).page
    assert sum("GaitMixer" in table and "Interval" in table for table in page["tables"]) == 2
    figures = sorted(path.stem for path in finished.results("figures").glob("*.png"))
    assert len(figures) == 11
    assert sorted(alt.partition(":")[0] for alt, _ in page["pictures"]) == figures
    assert all(shown for _, shown in page["pictures"])
    captions = [" ".join(caption.split()) for caption in page["captions"]]
    for figure in figures:
        caption = finished.results(f"figures/{figure}.txt").read_text(encoding="utf-8").strip()
        assert sum(caption in shown for shown in captions) == 1, figure
    for title in ("Run times", "Configuration"):
        assert title in page["text"]
    behind = 1 + 1 + 1 + 4 + 2 * 11 + 3  # summary, split, report of the poses, runs, figures and captions, linked files
    assert f"The {behind} files behind this page are as the jobs that made them left them" in page["text"]


def test_the_browser_has_nothing_to_complain_about_and_asks_the_network_for_nothing(report, browse):
    seen = browse(report)
    assert seen.complaints == []
    assert seen.requests == []
    assert seen.page["loaded"] == []


def clicked(text, selector, times=1):
    """The page, with clicks on the first element of a selector once it is shown."""
    click = f"document.querySelector({json.dumps(selector)}).click();"
    return text.replace("</body>", f"<script>{click * times}</script></body>")


@pytest.mark.parametrize(
    ("clicks", "order"), [(0, "bacd"), (1, "acbd"), (2, "dbca")], ids=["as written", "falling", "rising"]
)
def test_a_click_on_a_title_sorts_a_table_by_its_numbers(browse, clicks, order):
    lines = (("b", "9.5 ± 1.0"), ("a", "85.1 ± 1.2"), ("c", "10.0"), ("d", "−3.0"))
    page = page_html(Page("title", lead=(Grid(("Method", "Mean"), lines),), sections=()))
    seen = browse(clicked(page, "th:last-child button", clicks))
    (table,) = seen.page["tables"]
    assert "".join(line[0] for line in table.splitlines()[1:]) == order
    assert seen.complaints == []


def test_the_rows_of_a_block_stay_in_it_and_its_name_on_the_first(report, browse):
    def shown(text):
        return [line.split("\t") for line in browse(text).page["tables"][0].splitlines()[1:]]

    before, after = shown(report), shown(clicked(report, ".numbers th:nth-child(3) button", 2))
    assert [row[0] for row in after] == [row[0] for row in before] == ["NM#5-6", "", "BG#1-2", "", "CL#1-2", ""]
    for block in range(0, 6, 2):
        pair = [row[1:] for row in before[block : block + 2]]
        assert [row[1:] for row in after[block : block + 2]] == sorted(pair, key=lambda row: float(row[1]))


def test_a_click_enlarges_a_figure_and_another_one_shrinks_it(browse):
    png = (REPOSITORY / "docs" / "pictures" / "contact_sheet.png").read_bytes()
    picture = Picture("Figure 1", png, 3.4, "walkers", "Walkers.", Files("Files", ("a.pdf",)))
    page = page_html(Page("title", lead=(picture,), sections=())).replace("</body>", WIDTH + "</body>")
    small, large, again = (browse(clicked(page, "img", times)).page["captions"][0] for times in range(3))
    assert small == again
    assert int(large) > 1.5 * int(small)


def test_the_browser_check_detects_console_errors_and_remote_images(browse):
    seen = browse('<body><img src="http://example.invalid/a.png"><script>nosuchthing()</script></body>')
    assert "nosuchthing is not defined" in seen.complaints[0]
    assert seen.requests == ["GET http://example.invalid/a.png HTTP/1.1"]
    assert seen.page["loaded"] == ["http://example.invalid/a.png"]
    assert seen.page["pictures"] == [["", False]]


def test_the_browser_check_detects_images_from_hosts_that_the_browser_itself_contacts(browse):
    assert browse('<body><img src="https://www.google.com/a.png"></body>').page["loaded"] == [
        "https://www.google.com/a.png"
    ]


def test_a_figure_is_given_the_width_it_was_drawn_with(report):
    inches = re.findall(r'<figure style="--inches: ([\d.]+)">\n<div class="scroll"><img alt="(\w+): ', report)
    widths = {name: float(width) for width, name in inches}
    assert (widths["seeds"], widths["contact_sheet"]) == (3.4, 7.0)


def test_a_second_report_has_nothing_to_do(finished, report):
    done = finished.snakemake("report")
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout


def test_run_times_that_are_gone_make_no_job_run_again(finished, report, tmp_path):
    benchmarks, aside = finished.results("benchmarks"), tmp_path / "benchmarks"
    shutil.move(benchmarks, aside)
    try:
        assert "Nothing to be done" in finished.snakemake("report", "-n").stdout
        assert finished.jobs() == {}
    finally:
        shutil.move(aside, benchmarks)


def test_the_report_and_the_figures_leave_the_tables_up_to_date(finished, report):
    assert finished.jobs() == {}
