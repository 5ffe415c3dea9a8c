"""The playgrounds group's function."""

from functools import partial

from mangum import Mangum

from functions.playgrounds.blueprints import router as blueprints
from functions.playgrounds.metrics import router as metrics
from functions.playgrounds.router import router
from functions.playgrounds.run_routes import router as run_routes
from functions.playgrounds.version import router as version
from promptyard.api.app import create_app
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.warming import warm_before_snapshot

PARTS = ("callers", "models", "metering", "prompts", "runs", "playgrounds", "idempotency_services")
app = create_app(router, blueprints, metrics, run_routes, version, provide=partial(Parts.from_environment, *PARTS))
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
