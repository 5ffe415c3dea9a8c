"""The benchmarks group's function."""

from functools import partial

from mangum import Mangum

from functions.benchmarks.benchmark_routes import router as benchmarks
from functions.benchmarks.dataset_files import router as dataset_files
from functions.benchmarks.dataset_rows import router as dataset_rows
from functions.benchmarks.import_routes import router as imports
from functions.benchmarks.router import router
from functions.benchmarks.run_routes import router as runs
from promptyard.api.app import create_app
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.warming import warm_before_snapshot

PARTS = ("callers", "models", "metering", "prompts", "runs", "playgrounds", "benchmarks", "idempotency_services")
ROUTERS = (router, dataset_files, dataset_rows, benchmarks, imports, runs)
app = create_app(*ROUTERS, provide=partial(Parts.from_environment, *PARTS))
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
