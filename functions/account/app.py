"""The account group's function."""

from functools import partial

from mangum import Mangum

from functions.account.router import router
from functions.account.tenant_data import import_router as tenant_import
from functions.account.tenant_data import router as tenant_data
from functions.account.usage import router as usage
from promptyard.api.app import create_app
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.warming import warm_before_snapshot

PARTS = (
    "callers",
    "models",
    "account",
    "metering",
    "prompts",
    "telemetry",
    "runs",
    "playgrounds",
    "benchmarks",
    "tenant_data",
    "idempotency_services",
)
app = create_app(router, tenant_data, tenant_import, usage, provide=partial(Parts.from_environment, *PARTS))
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
