# Tables and figures in one PDF.


rule compile_tables:
    """tables.pdf, by pdflatex"""
    input:
        tables=[
            "results/{experiment}/tables/table1.tex",
            "results/{experiment}/tables/table2.tex",
        ],
        figures=experiment_paths(
            "results/{experiment}/figures/{figure}.pdf", figure=FIGURES
        ),
        captions=experiment_paths(
            "results/{experiment}/figures/{figure}.txt", figure=FIGURES
        ),
    output:
        pdf="results/{experiment}/tables/tables.pdf",
        source="results/{experiment}/tables/tables.tex",
    log:
        "results/{experiment}/logs/tables_pdf.log",
    benchmark:
        "results/{experiment}/benchmarks/tables_pdf.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        title=f"{CONFIG.data.dataset}, experiment {CONFIG.experiment}",
        code=code_digest("workflow_scripts/tables_pdf.py"),
    message:
        "Compiling tables and figures of {wildcards.experiment} with LaTeX"
    script:
        "../workflow_scripts/tables_pdf.py"
