"""The function of the Model Context Protocol."""

from functools import partial

from mangum import Mangum

from functions.mcp.router import router
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
    "label_gates",
    "benchmarks",
    "running",
    "idempotency_services",
)
app = create_app(router, provide=partial(Parts.from_environment, *PARTS), at_start=warm_for_runs)
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
