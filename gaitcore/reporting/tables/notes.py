"""The sentences around the tables: caption, protocol, tests, chance level, excluded sequences, collapsed runs.

Plain text with signs like ± and °; each writer puts them into its own format.
"""

from collections.abc import Iterable

import pandas as pd

from gaitcore.artefacts.run_record import RunRecord, run_of
from gaitcore.artefacts.summary import DIFFERENCE, MEAN
from gaitcore.percent import in_percent
from gaitcore.reporting.tables.context import SourceFacts, TableContext
from gaitcore.reporting.tables.estimates import (
    at_chance,
    compared_pairs,
    estimates,
    measured_conditions,
    measured_systems,
    overall,
    p_value,
    percent,
    points,
    titles_with_mean,
)
from gaitcore.reporting.tables.layout import COLLAPSED_MARK, IMPORTED_MARK, PUBLISHED_MARK, UNTRAINED_MARK
from gaitcore.reporting.tables.published import (
    CASIA_B,
    DISCREPANCY,
    GAITNET_ROW,
    LATER,
    OTHER_POSES,
    POSEGAIT_SPLIT,
    POSES,
    SOURCE,
    sources,
)

_MOST_PAIRS = 6  # with more pairs, the notes compare only the best system with the others


def protocol_sentence(summary: pd.DataFrame, context: TableContext) -> str:
    """The subjects of training and test, the gallery and the probes."""
    training = f"{context.train_subjects} training and " if context.train_subjects else ""
    subjects = f"Protocol: {training}{context.test_subjects} test subjects"
    if context.comparisons:
        return f"{subjects}; {_comparisons(context)}; {context.comparison}."
    probes = ", ".join(context.probe_labels[condition] for condition in measured_conditions(summary, context))
    return f"{subjects}, gallery {context.gallery}, probes {probes}, {context.comparison}."


def _comparisons(context: TableContext) -> str:
    """The probes and the gallery of each comparison; a gallery that all share comes first."""
    galleries = {gallery for _, gallery in context.comparisons.values()}
    if len(galleries) == 1:
        probes = (f"{context.condition_titles[name]} ({probes})" for name, (probes, _) in context.comparisons.items())
        return f"gallery {galleries.pop()}, probes {', '.join(probes)}"
    return "; ".join(
        f"{context.condition_titles[name]}: probes {probes}, gallery {gallery}"
        for name, (probes, gallery) in context.comparisons.items()
    )


def overall_note(context: TableContext) -> str:
    """What stands in the place of the mean, where the comparisons share probes; else empty."""
    if context.overall is None:
        return ""
    overall = context.condition_titles[context.overall]
    return f"{overall} is measured on all probes together; it is not the mean of the other rows, which share probes."


def counts_note(context: TableContext) -> str:
    """The probes and gallery sequences of each row, and which lengths they have; else empty."""
    if not context.counts:
        return ""
    galleries = {gallery for _, gallery in context.counts.values()}
    rows = []
    for name, title in context.condition_titles.items():
        if name in context.counts:
            probes, gallery = context.counts[name]
            rows.append(f"{title} {probes}" + (f" against {gallery}" if len(galleries) > 1 else ""))
    shared = f", against {galleries.pop()} gallery sequences" if len(galleries) == 1 else " gallery sequences"
    unknown = f" {context.unknown_probes} probes of unknown identity are in the submission alone."
    return f"Probes: {', '.join(rows)}{shared}. {context.lengths}{unknown if context.unknown_probes else ''}"


def run_sentence(summary: pd.DataFrame, context: TableContext) -> str:
    """The number of seeds behind the measured rows, and the meaning of spread and interval."""
    rank1 = estimates(summary, "rank1")
    seeds = {context.system_title(system): rank1[overall(system)].n_seeds for system in measured_systems(summary)}
    level = f"{in_percent(context.confidence):g}%"
    if not any(seeds.values()):
        return f"Measured: weights from files; in brackets the {level} bootstrap interval over subjects only."
    from_files = [title for title, count in seeds.items() if not count]
    seeds = {title: count for title, count in seeds.items() if count}
    alone = f" Over subjects only where the weights are from a file ({', '.join(from_files)})." if from_files else ""
    if set(seeds.values()) == {1}:
        return (
            f"Measured: one seed; in brackets the {level} bootstrap interval over subjects only, "
            f"which does not cover retraining.{alone}"
        )
    counts = sorted(set(seeds.values()))
    each = ", ".join(f"{title} {count}" for title, count in seeds.items())
    number = f"{counts[0]} seeds" if len(counts) == 1 else f"seeds ({each})"
    only = " (over subjects only where there is one seed)" if 1 in counts else ""
    return (
        f"Measured: mean ± standard deviation over {number}; in brackets the {level} bootstrap interval "
        f"of the mean over subjects and seeds{only}.{alone}"
    )


def reported_sentence(context: TableContext) -> str:
    """The reported epoch and the embedding of a sequence."""
    titles_by_text: dict[str, list[str]] = {}
    for system, text in context.embeddings.items():
        titles_by_text.setdefault(text, []).append(context.system_title(system))
    texts = list(titles_by_text)
    if len(texts) > 1:
        texts = [f"{text} ({', '.join(titles)})" for text, titles in titles_by_text.items()]
    weights = f"The reported weights are those of {context.epoch}; a" if context.epoch else "A"
    untrained = f" Without training: {', '.join(context.without_training)}." if context.without_training else ""
    return f"{weights} sequence's embedding is {'; '.join(texts)}.{untrained}"


def interval_sentence(summary: pd.DataFrame) -> str:
    """The variation that the interval covers."""
    seeds = {estimate.n_seeds for key, estimate in estimates(summary, "rank1").items() if key == overall(key[0])}
    narrow = "" if seeds <= {0, 1} else " A few seeds show only roughly how much results vary between training runs."
    return f"The intervals come from resampling the test subjects; the gallery is not resampled.{narrow}"


def published_notes(systems: Iterable[str] | None, of: str = CASIA_B) -> list[str]:
    """Where the published rows of a data set come from, and where the paper contradicts itself.

    ``systems`` are the titles of the measured systems, whose later rows are shown, too; None for Table 1, which has
    neither these nor rows of silhouettes.
    """
    if of != CASIA_B:
        return [f"{PUBLISHED_MARK} Published. {sources(of)}. {OTHER_POSES}"]
    of_both = [f"{PUBLISHED_MARK} {SOURCE}", DISCREPANCY, POSEGAIT_SPLIT, POSES]
    if systems is None:
        return of_both
    later = [f"{title}'s row is not in the paper: {LATER[title]}." for title in systems if title in LATER]
    return [*of_both, GAITNET_ROW, *later]


def marked_run_notes(summary: pd.DataFrame, context: TableContext) -> list[str]:
    """One sentence per system with collapsed runs, and one per system with runs that had nothing to learn."""
    notes = []
    for system in measured_systems(summary):
        if seeds := context.collapsed_seeds(system):
            notes.append(
                f"{COLLAPSED_MARK} {context.system_title(system)}, collapsed: {_seeds(seeds, system, context)}; all "
                "embeddings became nearly one point. Collapsed runs are part of the mean, and such a row is never bold."
            )
        if seeds := context.untrained_seeds(system):
            notes.append(
                f"{UNTRAINED_MARK} {context.system_title(system)}, nothing to learn: {_seeds(seeds, system, context)}; "
                "there was one training subject alone, or the loss was 0 throughout, so the accuracy is not that of a "
                "trained network. Such runs are part of the mean, and such a row is never bold."
            )
    return notes


def origin_notes(context: TableContext) -> list[str]:
    """One sentence or more per system whose weights, or first weights, were trained elsewhere."""
    return [_origin_note(context.system_title(system), run) for system, run in context.elsewhere.items()]


def _origin_note(title: str, run: RunRecord) -> str:
    """Where weights come from, and what differs from the input that they were trained on."""
    assert run.origin is not None
    origin, before = run.origin, run_of(run.origin)
    source = f"weights from {origin.path}, SHA-256 {origin.sha256}"
    if run.imported and run.seed is not None and before:
        source = f"weights of the runs of {before.system} in the experiment {before.settings.get('experiment')}"
    dataset = origin.trained_on.get("dataset")
    on = f"; they were trained on {dataset}" if dataset else ""
    sentences = [
        f"{IMPORTED_MARK} {title}: {source}, not trained here{on}."
        if run.imported
        else f"{title}: the training started from {source.removeprefix('weights from ')}{on}."
    ]
    if origin.left_out:
        sentences.append(f"Left out, since they have another shape here: {', '.join(origin.left_out)}.")
    return " ".join([*sentences, *origin.notes])


def _seeds(seeds: list[int], system: str, context: TableContext) -> str:
    """1 of 3 seeds (seed 1)."""
    total = int((context.runs["system"] == system).sum())
    return f"{len(seeds)} of {total} seeds (seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))})"


def comparison_notes(summary: pd.DataFrame, context: TableContext, conditions: list[str]) -> list[str]:
    """The differences between systems in these conditions (or "mean") with their p-values."""
    pairs = _printed_pairs(summary)
    if not pairs:
        return []
    differences = estimates(summary, DIFFERENCE)
    titles = {**context.condition_titles, **titles_with_mean(summary, context)}
    sentences = []
    for a, b in pairs:
        rows = [differences[f"{a} - {b}", condition, MEAN] for condition in conditions]
        results = (
            f"{titles[condition]} {points(estimate)} ({p_value(estimate.p_value_holm)})"
            for condition, estimate in zip(conditions, rows, strict=True)
        )
        sentences.append(f"{context.system_title(a)} − {context.system_title(b)}: {', '.join(results)}")
    total = len(compared_pairs(summary))
    adjusted = f", p-values after Holm for {total} pairs" if total > 1 else ""
    others = "" if len(pairs) == total else "; the other pairs are in summary.csv"
    text = f"Differences in points, paired permutation test over subjects{adjusted}: {'; '.join(sentences)}{others}."
    return [text, *smallest_p_notes(summary, context)]


def _printed_pairs(summary: pd.DataFrame) -> list[tuple[str, str]]:
    pairs = compared_pairs(summary)
    if len(pairs) <= _MOST_PAIRS:
        return pairs
    rank1 = estimates(summary, "rank1")
    best = max(measured_systems(summary), key=lambda system: rank1[overall(system)].mean)
    return [pair for pair in pairs if best in pair]


def smallest_p_notes(summary: pd.DataFrame, context: TableContext) -> list[str]:
    """With n subjects there are 2**n sign flips, so no two-sided p-value is below 2 / 2**n."""
    subjects = int(summary.loc[summary["metric"] == DIFFERENCE, "n_subjects"].max())
    smallest = 2 / 2**subjects
    if subjects < 2 or smallest <= 1 - context.confidence:
        return []
    return [f"With {subjects} subjects no p-value can be below {smallest:.3f}, whatever the difference."]


def chance_note(summary: pd.DataFrame, context: TableContext) -> str:
    """The chance level, and which systems' intervals reach down to it, in which conditions."""
    rank1 = estimates(summary, "rank1")
    titles = titles_with_mean(summary, context)
    at_chance_texts = []
    for system in measured_systems(summary):
        where = [title for c, title in titles.items() if at_chance(rank1[system, c, MEAN], context.chance)]
        if where:
            named = "in every condition" if len(where) == len(titles) else ", ".join(where)
            at_chance_texts.append(f"{context.system_title(system)} ({named})")
    not_above = f" Not distinguishable from chance: {'; '.join(at_chance_texts)}." if at_chance_texts else ""
    return f"Chance is {percent(context.chance)}%.{not_above}"


def denominators_note(context: TableContext) -> str:
    """On how many sequences each row stands, where rows differ in it; else empty."""
    if len(set(context.denominators.values())) < 2:
        return ""
    texts = []
    for name, (probes, gallery) in context.denominators.items():
        titles = [context.system_title(system) for system, of in context.modalities.items() if of == name]
        if titles:
            texts.append(f"{', '.join(titles)} on {probes} probes and {gallery} gallery sequences")
    if len(texts) < 2:
        return ""
    return (
        f"The rows stand on different sequences: {'; '.join(texts)}. Systems with other "
        "probes are not compared by a test; protocol.common_tests restricts all rows to the same ones."
    )


def products_note(context: TableContext) -> str:
    """The precision of the network's products in training, where it was not float32; else empty."""
    titles: dict[str, list[str]] = {}
    for system, precision in context.products.items():
        titles.setdefault(precision, []).append(context.system_title(system))
    if not titles:
        return ""
    texts = "; ".join(f"in {precision} for {', '.join(of)}" for precision, of in titles.items())
    return f"In training, products of matrices and convolutions were computed {texts}; all else in float32."


def excluded_note(context: TableContext) -> str:
    """What was left out, by reason, or never reached the table of frames; what the protocol names and the data lack."""
    reasons = "; ".join(f"{count} ({why})" for why, count in context.excluded.items())
    text = f"Sequences left out: {reasons}." if reasons else "No sequence was left out."
    if lost := _lost(context.source):
        text = f"{text if reasons else f'No sequence of {context.source.table} was left out.'} {lost}"
    text = " ".join([text, *context.gaps])
    if context.unmatched:
        treatment = "count as misses, as in the published code" if context.misses else "are left out of every mean"
        probes = f"{context.unmatched} of {context.probes} probes"
        text += f" {probes} are of subjects without a gallery sequence; they {treatment}."
    return text


def _lost(source: SourceFacts) -> str:
    """Sentences on the sequences of the source that never reached the table of frames; empty where all did."""
    sentences = []
    if source.lost:
        sentences.append(
            f"{source.lost} of the source's {source.lost + source.sequences} sequences never reached {source.table}; "
            f"{source.report} says why."
        )
    if source.unnamed:
        entries = "entry of" if source.unnamed == 1 else "entries of"
        names = "names" if source.unnamed == 1 else "name"
        sentences.append(f"{source.unnamed} {entries} {source.report} {names} no sequence.")
    return " ".join(sentences)
