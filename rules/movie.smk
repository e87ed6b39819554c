# One sequence of the pose table as a moving picture, to look at.


rule draw_movie:
    input:
        poses="results/{experiment}/poses.parquet",
        style="gaitcore/reporting/figures/figures.mplstyle",
    output:
        "results/{experiment}/movies/{sequence}.gif",
    log:
        "results/{experiment}/logs/movies/{sequence}.log",
    benchmark:
        "results/{experiment}/benchmarks/movies/{sequence}.tsv"
    wildcard_constraints:
        sequence="[^/]+",  # also what is no name: the job says what a name looks like
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_digest("workflow_scripts/movie.py"),
    message:
        "Rendering {wildcards.sequence} of {wildcards.experiment} as an animated GIF"
    script:
        "../workflow_scripts/movie.py"


rule movie:  # the sequence that --config sequence=... names, as an animated GIF
    input:
        movie_file,
