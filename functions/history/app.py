"""The history group's function."""

from functools import partial

from mangum import Mangum

from promptyard.api.app import create_app
from promptyard.api.late_routes import late_router
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.warming import warm_before_snapshot

PARTS = ("callers", "models", "metering", "prompts", "telemetry", "runs", "idempotency_services")
ROUTERS = (
    late_router("functions.history.event_routes", "/api/v1/playground/runs/{run_id}/events"),
    late_router("functions.history.router", "/api/v1/playground/history", "/api/v1/playground/runs"),
)
app = create_app(*ROUTERS, provide=partial(Parts.from_environment, *PARTS))
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
