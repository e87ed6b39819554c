"""Embed the gallery and the probes with a trained system and measure its accuracy."""

from pathlib import Path

from job import frame_tables, job

with job(snakemake):
    from gaitcore.artefacts.metrics import read_metrics
    from gaitcore.evaluation.run import EvaluationOutputs, evaluate_run
    from gaitcore.settings.evaluation import Evaluation
    from gaitcore.settings.input import Input
    from gaitcore.settings.network import SystemNetwork
    from gaitcore.settings.protocol import Protocol
    from gaitcore.settings.tracking import Tracking
    from gaitcore.tracking import EVALUATION, watched_run

    output = snakemake.output
    evaluate_run(
        snakemake.wildcards.system,
        SystemNetwork.model_validate(snakemake.params.network),
        Input.model_validate(snakemake.params.input_settings),
        Evaluation.model_validate(snakemake.params.evaluation),
        tables=frame_tables(snakemake),
        split=Path(snakemake.input.split),
        protocol=Protocol.model_validate(snakemake.params.protocol),
        weights=Path(snakemake.input.weights),
        outputs=EvaluationOutputs(*map(Path, (output.embeddings, output.metrics, output.subjects))),
        threads=snakemake.threads,
        code=snakemake.params.code,
        extensions=snakemake.params.extensions,
    )
    tracking = Tracking.model_validate(snakemake.config["tracking"] if snakemake.rule == "evaluate" else {})
    if watched := watched_run(tracking, EVALUATION, Path(snakemake.input.weights)):
        means = read_metrics(output.metrics).means
        watched.scalars(
            {f"{name}/{condition}": mean for name, each in means.items() for condition, mean in each.items()}
        )
