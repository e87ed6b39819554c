"""Tables and figures: measured results beside the published ones, as LaTeX, Markdown and CSV."""
