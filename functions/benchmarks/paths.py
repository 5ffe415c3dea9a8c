"""How the paths of the group begin."""

DATASETS = "/api/v1/datasets"
BENCHMARKS = "/api/v1/benchmarks"
RUNS = "/api/v1/benchmark-runs"
