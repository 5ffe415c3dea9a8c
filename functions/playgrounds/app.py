"""The playgrounds group's function."""

from functools import partial

from mangum import Mangum

from promptyard.api.app import create_app
from promptyard.api.late_routes import late_router
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.warming import warm_before_snapshot

PARTS = ("callers", "models", "metering", "prompts", "telemetry", "runs", "playgrounds", "idempotency_services")
PLAYGROUND = "/api/v2/genai/playgrounds/{playgroundId}/"
ROUTERS = (
    late_router("functions.playgrounds.metrics", PLAYGROUND + "ootbMetricConfigurations/"),
    late_router("functions.playgrounds.run_routes", PLAYGROUND + "runs/", PLAYGROUND + "moderationReports/"),
    late_router("functions.playgrounds.router", "/api/v2/genai/playgrounds/"),
    late_router("functions.playgrounds.blueprints", "/api/v2/genai/llmBlueprints/"),
    late_router("functions.playgrounds.version", "/api/v2/version/"),
)
app = create_app(*ROUTERS, provide=partial(Parts.from_environment, *PARTS))
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
