"""The prompts group's function."""

from functools import partial

from mangum import Mangum

from functions.prompts.router import router
from promptyard.api.app import create_app
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.warming import warm_before_snapshot

PARTS = ("callers", "models", "metering", "prompts", "label_gates", "telemetry", "runs", "idempotency_services")
app = create_app(router, provide=partial(Parts.from_environment, *PARTS))
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
