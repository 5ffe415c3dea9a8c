"""The compare group's function."""

from functools import partial

from mangum import Mangum

from functions.compare.compression import router as compression
from functions.compare.router import router
from promptyard.api.app import create_app
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.warming import warm_before_snapshot, warm_for_runs

PARTS = (
    "callers",
    "models",
    "metering",
    "prompts",
    "telemetry",
    "runs",
    "playgrounds",
    "running",
    "idempotency_services",
)
app = create_app(router, compression, provide=partial(Parts.from_environment, *PARTS), at_start=warm_for_runs)
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
