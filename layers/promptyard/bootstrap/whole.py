"""Every part at once: the local server, the command line, tests."""

from collections.abc import Mapping

from promptyard.aws.clients import Clients
from promptyard.bootstrap.account import AccountServices
from promptyard.bootstrap.callers import CallerServices
from promptyard.bootstrap.idempotency import IdempotencyServices
from promptyard.bootstrap.metering import MeteringServices
from promptyard.bootstrap.models import ModelServices
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.playgrounds import PlaygroundServices
from promptyard.bootstrap.prompts import PromptServices
from promptyard.bootstrap.running import RunningServices
from promptyard.bootstrap.runs import RunServices
from promptyard.bootstrap.tenant_data import TenantDataServices
from promptyard.settings import Settings

WHOLE = (
    CallerServices,
    ModelServices,
    AccountServices,
    MeteringServices,
    PromptServices,
    RunServices,
    PlaygroundServices,
    RunningServices,
    TenantDataServices,
    IdempotencyServices,
)


def whole(settings: Settings, environment: Mapping[str, str], clients: Clients | None = None) -> Parts:
    return Parts(WHOLE, settings, environment, clients)
