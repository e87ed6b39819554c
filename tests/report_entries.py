"""What a reader says of a source: the entries of its report, and the sentence by which it refuses."""

import pytest

from gaitcore.errors import DataError


def entries(report):
    """(file, line, sequence, frame, reason) of each entry; None for what it does not have."""
    report = report.astype(object)
    return [tuple(entry) for entry in report.where(report.notna(), None).to_numpy()]


def entries_without_lines(report):
    """(file, sequence, frame, reason) of each entry of a source whose files have no lines."""
    assert report["line"].isna().all()
    return entries(report.drop(columns="line"))


def refusal(read, *arguments, **options):
    """The sentence by which a call is refused."""
    with pytest.raises(DataError) as caught:
        read(*arguments, **options)
    return str(caught.value)
