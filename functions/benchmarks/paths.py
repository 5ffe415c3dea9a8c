"""How the paths of the group begin."""

DATASETS = "/api/v1/datasets"
