"""The report of a benchmark run as one page: HTML without a script, SVG made here, nothing loaded from anywhere."""
