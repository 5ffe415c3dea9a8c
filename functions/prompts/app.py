"""The prompts group's function."""

from functools import partial

from mangum import Mangum

from functions.prompts.router import router
from promptyard.api.app import create_app
from promptyard.bootstrap.callers import CallerServices
from promptyard.bootstrap.idempotency import IdempotencyServices
from promptyard.bootstrap.metering import MeteringServices
from promptyard.bootstrap.models import ModelServices
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.prompts import PromptServices
from promptyard.bootstrap.runs import RunServices
from promptyard.bootstrap.warming import warm_before_snapshot

PARTS = (
    CallerServices,
    ModelServices,
    MeteringServices,
    PromptServices,
    RunServices,
    IdempotencyServices,
)
app = create_app(router, provide=partial(Parts.from_environment, *PARTS))
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
