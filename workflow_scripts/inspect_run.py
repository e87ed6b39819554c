"""Compute the spectrum and attribution of one trained network."""

from pathlib import Path

from job import frame_tables, job

with job(snakemake):
    from gaitcore.inspection.run import InspectionOutputs, inspect_run
    from gaitcore.settings.input import Input
    from gaitcore.settings.network import SystemNetwork
    from gaitcore.settings.protocol import Protocol

    output = snakemake.output
    inspect_run(
        SystemNetwork.model_validate(snakemake.params.network),
        Input.model_validate(snakemake.params.input_settings),
        snakemake.params.distance,
        snakemake.params.attribution,
        snakemake.params.example_probe,
        tables=frame_tables(snakemake),
        split=Path(snakemake.input.split),
        protocol=Protocol.model_validate(snakemake.params.protocol),
        weights=Path(snakemake.input.weights),
        outputs=InspectionOutputs(*map(Path, (output.spectrum, output.maps, output.probes))),
        threads=snakemake.threads,
    )
