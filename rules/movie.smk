# One sequence as an animated GIF: its skeletons, its silhouettes or both.


rule draw_movie:
    """the animated GIF of a sequence"""
    input:
        unpack(tables_of_frames),
        style=library_file("reporting/figures/figures.mplstyle"),
    output:
        "results/{experiment}/movies/{sequence}.gif",
    log:
        "results/{experiment}/logs/movies/{sequence}.log",
    benchmark:
        "results/{experiment}/benchmarks/movies/{sequence}.tsv"
    wildcard_constraints:
        sequence="[^/]+",  # invalid names too, so that the job can explain the error
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


rule movie:
    """the sequence that --config sequence=... names, as an animated GIF"""
    input:
        movie_file,
