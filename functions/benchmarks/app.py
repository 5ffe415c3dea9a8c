"""The benchmarks group's function."""

from functools import partial

from mangum import Mangum

from functions.benchmarks.paths import BENCHMARKS, DATASETS, RUNS
from promptyard.api.app import create_app
from promptyard.api.late_routes import late_router
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.warming import warm_before_snapshot

PARTS = (
    "callers",
    "models",
    "metering",
    "prompts",
    "telemetry",
    "runs",
    "playgrounds",
    "benchmarks",
    "idempotency_services",
)
ROUTERS = (
    late_router(
        "functions.benchmarks.dataset_files", DATASETS + "/{dataset_id}/versions", DATASETS + "/{dataset_id}/uploads"
    ),
    late_router("functions.benchmarks.dataset_rows", DATASETS + "/{dataset_id}/"),
    late_router("functions.benchmarks.router", DATASETS),
    late_router("functions.benchmarks.import_routes", BENCHMARKS + "/import"),
    late_router("functions.benchmarks.run_routes", RUNS, BENCHMARKS + "/{benchmark_id}/runs"),
    late_router("functions.benchmarks.benchmark_routes", BENCHMARKS),
)
app = create_app(*ROUTERS, provide=partial(Parts.from_environment, *PARTS))
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
