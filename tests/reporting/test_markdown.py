"""Tables as Markdown."""

from gaitcore.reporting.tables.markdown import table_markdown
from gaitcore.reporting.tables.tables import table1, table2


def test_table_1_as_markdown(summary, context):
    table = table1(summary, context)
    assert table_markdown(table) == (
        f"{table.caption}\n"
        "\n"
        "| Probe   | Method   | 0°       | 90°      | Mean           | Interval     |\n"
        "|:--------|:---------|:---------|:---------|:---------------|:-------------|\n"
        "| NM#2    | Alpha    | **80.1** | **90.0** | **85.1** ± 1.2 | [80.1, 89.1] |\n"
        "|         | Beta_net | **80.1** | 70.0     | 75.1 ± 1.2     | [70.1, 79.1] |\n"
        "| AR#1-2  | Alpha    | **50.0** | 60.0     | **55.0** ± 1.2 | [50.0, 59.0] |\n"
        "|         | Beta_net | 40.0     | **70.0** | **55.0** ± 1.2 | [50.0, 59.0] |\n"
        "\n"
        "- The reported weights are those of the last epoch; a sequence's embedding is the one window in the "
        "sequence's centre.\n"
        "- Differences in points, paired permutation test over subjects: Alpha − Beta_net: NM +10.0 (p = 0.004), "
        "AR +0.0 (p = 1.000).\n"
        "- Chance is 10.0%.\n"
        "- Sequences left out: 2 (probe, fewer than 61 usable frames); 1 (gallery, no 90° view).\n"
    )


def test_table_2_as_markdown(summary, context, casia_b):
    lines = table_markdown(table2(summary, context)).splitlines()
    assert lines[2:6] == [
        "| Method   | NM             | AR             | Mean           | Interval     |",
        "|:---------|:---------------|:---------------|:---------------|:-------------|",
        "| Alpha    | **85.1** ± 1.2 | **55.0** ± 1.2 | **70.0** ± 1.2 | [65.0, 74.0] |",
        "| Beta_net | 75.1 ± 1.2     | **55.0** ± 1.2 | 65.0 ± 1.2     | [60.0, 69.0] |",
    ]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table_markdown(table2(*casia_b)).splitlines()]
    assert ["Appearance based", "GaitNet†", "91.6", "85.7", "78.7", ""] in cells
    assert ["", "GaitPart†", "**96.2**", "**91.5**", "**88.8**", ""] in cells
    assert ["Measured", "Alpha", "**85.1** ± 1.2", "**55.0** ± 1.2", "**70.0** ± 1.2", "[65.0, 74.0]"] in cells
