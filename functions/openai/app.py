"""The function of the protocols that clients bring along."""

from functools import partial

from mangum import Mangum

from functions.openai.chat.routes import router as chat
from functions.openai.messages.routes import router as messages
from functions.openai.models.routes import router as models
from functions.openai.responses.routes import router as responses
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
app = create_app(
    chat, responses, messages, models, provide=partial(Parts.from_environment, *PARTS), at_start=warm_for_runs
)
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
