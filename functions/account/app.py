"""The account group's function."""

from functools import partial

from mangum import Mangum

from functions.account.router import router
from functions.account.tenant_data import router as tenant_data
from functions.account.usage import router as usage
from promptyard.api.app import create_app
from promptyard.bootstrap.account import AccountServices
from promptyard.bootstrap.callers import CallerServices
from promptyard.bootstrap.idempotency import IdempotencyServices
from promptyard.bootstrap.metering import MeteringServices
from promptyard.bootstrap.models import ModelServices
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.playgrounds import PlaygroundServices
from promptyard.bootstrap.prompts import PromptServices
from promptyard.bootstrap.runs import RunServices
from promptyard.bootstrap.tenant_data import TenantDataServices
from promptyard.bootstrap.warming import warm_before_snapshot

PARTS = (
    CallerServices,
    ModelServices,
    AccountServices,
    MeteringServices,
    PromptServices,
    RunServices,
    PlaygroundServices,
    TenantDataServices,
    IdempotencyServices,
)
app = create_app(router, tenant_data, usage, provide=partial(Parts.from_environment, *PARTS))
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
