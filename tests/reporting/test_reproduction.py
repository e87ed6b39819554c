"""Published against measured, the differences in force, and the checklist."""

from dataclasses import replace

import pandas as pd
import pytest
from made_up import run_record
from places import REPOSITORY

from gaitcore.reporting.pages.comparison import verdict
from gaitcore.reporting.pages.differences import setting_differences, text_differences
from gaitcore.reporting.pages.evidence import Evidence
from gaitcore.reporting.pages.html import page_html
from gaitcore.reporting.pages.reproduction import reproduction_page
from gaitcore.reporting.pages.sections import Bullets, Contents, Files, Grid, Page, Picture, Section, page_markdown
from gaitcore.reporting.pages.write_reproduction import SECTIONS
from gaitcore.reporting.tables.estimates import Estimate
from gaitcore.reporting.tables.html import table_html
from gaitcore.reporting.tables.tables import table2
from gaitcore.settings.files import load_config, paper_config
from gaitcore.settings.sections import chosen_settings, sections_of

BASE = REPOSITORY / "config.yaml"
NAN = float("nan")


def measured(low, high):
    return Estimate(0.5, 0.01, low, high, 3, 10, NAN, NAN)


@pytest.mark.parametrize(
    ("published", "expected"),
    [(0.799, "below"), (0.8, "within"), (0.85, "within"), (0.9, "within"), (0.901, "above"), (0.90049, "within")],
)
def test_a_verdict_says_where_the_published_number_lies(published, expected):
    assert verdict(published, measured(0.8, 0.9)) == expected


def test_without_an_interval_there_is_no_verdict():
    assert verdict(0.9, measured(NAN, NAN)) == "no interval"


@pytest.fixture
def evidence(casia_b):
    """The made-up numbers as if the two systems had been trained on CASIA-B."""
    summary, context = casia_b
    names = {"alpha": "gaitmixer", "beta_net": "gaitformer", "alpha - beta_net": "gaitmixer - gaitformer"}
    runs = [run_record(system=system, seed=seed) for system in ("gaitformer", "gaitmixer") for seed in (0, 1, 2)]
    runs[-1] = run_record(system="gaitmixer", seed=2, wall_seconds=3600.0, device="H100", resumed_after_steps=(410,))
    facts = pd.DataFrame(
        [run.model_dump(include={"system", "seed", "collapsed", "untrained", "spread"}) for run in runs]
    )
    return Evidence(
        config=sections_of(chosen_settings(load_config(BASE, {"experiment": "casia_b"}), SECTIONS)),
        paper=sections_of(chosen_settings(paper_config(BASE), SECTIONS)),
        context=replace(
            context,
            experiment="casia_b",
            runs=facts,
            system_titles={"gaitmixer": "GaitMixer", "gaitformer": "GaitFormer"},
        ),
        summary=summary.replace({"system": names}),
        poses_report=pd.DataFrame(
            {"reason": ["50 values, expected 52", "49 values, expected 52", "the image name is not a name"]}
        ),
        runs=runs,
    )


def rows_of(page, *start):
    """The rows of a page's grids that begin with these cells."""
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("|")]
    return [line for line in lines if line[: len(start)] == list(start)]


def test_each_published_number_stands_beside_the_measured_one_with_a_verdict(evidence):
    page = page_markdown(reproduction_page(evidence))
    # The summary's interval of a mean m is [m - 0.05, m + 0.04].
    assert rows_of(page, "GaitMixer", "NM") == [
        ["GaitMixer", "NM", "94.9", "85.1 ± 1.2", "−9.9", "[80.1, 89.1]", "above", "3"]
    ]
    assert rows_of(page, "GaitFormer", "BG") == [
        ["GaitFormer", "BG", "81.4", "55.0 ± 1.2", "−26.4", "[50.0, 59.0]", "above", "3"]
    ]
    assert page.splitlines()[2] == "Of 6 published numbers 0 within the measured interval, 6 above it and 0 below it."


def test_what_was_left_out_and_what_it_took_is_said(evidence):
    page = page_markdown(reproduction_page(evidence))
    assert rows_of(page, "N values, expected N") == [["N values, expected N", "2"]]
    assert rows_of(page, "probe, fewer than 61 usable frames") == [["probe, fewer than 61 usable frames", "2"]]
    assert "Training took 7.5 h on cpu and 60.0 min on H100 in total, 6 runs." in page
    assert rows_of(page, "GaitMixer", "2") == [
        ["GaitMixer", "2", "300", "0.0123", "no", "no", "60.0 min", "7.4 GB", "H100", "410"]
    ]


def test_the_checklist_is_filled_in_from_the_runs(evidence):
    page = page_markdown(reproduction_page(evidence))
    answers = dict(rows_of(page, "Exact number of training and evaluation runs"))
    assert answers == {
        "Exact number of training and evaluation runs": "6 of each: GaitFormer with seeds 0, 1, 2; GaitMixer with "
        "seeds 0, 1, 2; none was left out."
    }
    assert rows_of(page, "Average runtime of each result, or energy") == [
        [
            "Average runtime of each result, or energy",
            "85.0 min a training run on average; energy was not measured.",
        ]
    ]
    assert page.count("| Item") == 4
    assert "The networks receive x, y (fractions of the frame's width): GaitFormer, GaitMixer." in page


def test_the_checklist_names_the_code_from_outside_the_repository(evidence):
    runs = [run_record(extensions={"losses/mine.py": "e" * 64}) for _ in evidence.runs]
    page = page_markdown(reproduction_page(replace(evidence, runs=runs)))
    assert rows_of(page, "Training code")[0][1] == (
        "Yes: gaitcore/training/, workflow_scripts/train.py. From outside the repository: losses/mine.py (SHA-256 "
        f"{'e' * 64})."
    )


def test_incomplete_data_get_no_verdict(evidence):
    gap = "The split 74/50 names subjects without any sequence: 19, 20, 21 and 53 more (train)."
    page = page_markdown(reproduction_page(replace(evidence, context=replace(evidence.context, gaps=(gap,)))))
    assert rows_of(page, "GaitMixer", "NM") == [
        ["GaitMixer", "NM", "94.9", "85.1 ± 1.2", "−9.9", "[80.1, 89.1]", "incomplete data", "3"]
    ]
    assert page.splitlines()[2] == (
        f"The data are incomplete, so there is no verdict on the published numbers: {gap} A smaller gallery makes "
        "identification easier, and fewer training subjects make it harder."
    )


def test_without_published_rows_nothing_is_judged(evidence):
    page = page_markdown(reproduction_page(replace(evidence, context=replace(evidence.context, show_published=False))))
    assert "This experiment shows no published rows" in page
    assert ["System", "Condition", "Measured", "Interval", "Seeds"] in rows_of(page, "System")
    assert rows_of(page, "GaitMixer", "NM") == [["GaitMixer", "NM", "85.1 ± 1.2", "[80.1, 89.1]", "3"]]


def test_the_papers_experiment_differs_in_no_setting():
    assert setting_differences(load_config(BASE, {"experiment": "casia_b"}), paper_config(BASE)) == []


def test_an_experiments_changes_are_listed_once_or_by_system():
    changes = setting_differences(
        load_config(
            BASE,
            {
                "experiment": "casia_b",
                "protocol": {"min_frames": 71},
                "training": {"epochs": 3},
                "systems": {"gaitmixer": {"training": {"loss": {"margin": 0.2}}}},
            },
        ),
        paper_config(BASE),
    )
    assert changes == [
        ("protocol.min_frames", "61", "71"),
        ("training.epochs", "300", "3"),
        ("systems.gaitmixer.training.loss.margin", "0.01", "0.2"),
    ]


def test_where_the_text_says_otherwise_both_are_given():
    differences = text_differences(load_config(BASE, {"experiment": "casia_b"}))
    assert ("evaluation.windows", "the 60 centre frames (section 4.2)", "three_windows_and_reverse") in differences


def test_a_page_as_html_escapes_and_stands_alone():
    page = Page(
        "A & B",
        ("lead <i>",),
        (Section("One", (Grid(("x",), (("1 < 2",), ("network.spatial_depth",))), Bullets(("why",)))),),
    )
    html = page_html(page)
    cells = ("<td>1 &lt; 2</td>", "<td>network.<wbr>spatial_<wbr>depth</td>")
    for part in ("<h1>A &amp; B</h1>", "<p>lead &lt;i&gt;</p>", *cells, "<li>why</li>"):
        assert part in html
    assert "http" not in html


def test_a_picture_is_part_of_the_page_and_the_contents_lead_to_its_section():
    picture = Picture("Figure 1", b"PNG", 3.399996, '"a" < b', "What it shows.", Files("See", ("figures/a.pdf",)))
    html = page_html(Page("A", (Contents(("Run times",)),), (Section("Run times", (picture,)),)))
    for part in (
        '<a href="#run-times">Run times</a>',
        '<h2 id="run-times">Run times</h2>',
        '<figure style="--inches: 3.4">\n',
        '<img alt="&#34;a&#34; &lt; b" src="data:image/png;base64,UE5H">',
        "<figcaption><b>Figure 1.</b> What it shows.",
        '<a href="figures/a.pdf">figures/a.pdf</a>',
    ):
        assert part in html


def test_a_table_as_html_has_its_caption_cells_and_notes(summary, context):
    table = table2(summary, context)
    html = table_html(table)
    assert "100% R&amp;D_set" in html
    assert "<b>85.1 ± 1.2</b>" in html
    assert f"<li>{table.notes[0]}".replace("'", "&#39;")[:30] in html
