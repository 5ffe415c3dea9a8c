"""What everything is made from, and what was made of it, by the words of the house."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, TypeVar

from fastapi import Depends, Request

from promptyard.api.bulkheads.refusals import RefusalPace
from promptyard.api.bulkheads.turns import Turns
from promptyard.api.lambda_scope import RunTime, run_time
from promptyard.aws.clients import Clients
from promptyard.domain.errors import GuardsUnavailable
from promptyard.settings import BadSetting, Settings
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from promptyard.api.auth.authentication import Authenticator
    from promptyard.bootstrap.account import AccountServices
    from promptyard.bootstrap.benchmark_work import BenchmarkWork
    from promptyard.bootstrap.benchmarks import BenchmarkServices
    from promptyard.bootstrap.callers import CallerServices
    from promptyard.bootstrap.idempotency import IdempotencyServices
    from promptyard.bootstrap.label_gates import LabelGateServices
    from promptyard.bootstrap.metering import MeteringServices
    from promptyard.bootstrap.models import ModelServices
    from promptyard.bootstrap.playgrounds import PlaygroundServices
    from promptyard.bootstrap.prompts import PromptServices
    from promptyard.bootstrap.running import RunningServices
    from promptyard.bootstrap.runs import RunServices
    from promptyard.bootstrap.telemetry import TelemetryServices
    from promptyard.bootstrap.tenant_data import TenantDataServices
    from promptyard.domain.account.access import Caller
    from promptyard.services.account.tenant_directory import TenantDirectory
    from promptyard.services.runs.idempotency import Idempotency

Made = TypeVar("Made")

KINDS = {
    "callers": "callers.CallerServices",
    "models": "models.ModelServices",
    "account": "account.AccountServices",
    "metering": "metering.MeteringServices",
    "prompts": "prompts.PromptServices",
    "telemetry": "telemetry.TelemetryServices",
    "runs": "runs.RunServices",
    "playgrounds": "playgrounds.PlaygroundServices",
    "label_gates": "label_gates.LabelGateServices",
    "benchmarks": "benchmarks.BenchmarkServices",
    "running": "running.RunningServices",
    "benchmark_work": "benchmark_work.BenchmarkWork",
    "tenant_data": "tenant_data.TenantDataServices",
    "idempotency_services": "idempotency.IdempotencyServices",
}
"""Where the class of each part is, in this package: what a part is made of is imported when it is first used."""


class Part:
    """The services of one word, each made at its first use."""

    aws: ClassVar[tuple[str, ...]] = ()
    """The services of AWS that it calls."""

    def __init__(self, parts: "Parts") -> None:
        self._parts = parts

    def warm(self) -> None:
        """Makes all its services, so that no request waits for that. Opens no socket."""
        for name, made_late in vars(type(self)).items():
            if isinstance(made_late, cached_property):
                with suppress(GuardsUnavailable):  # said to whoever needs guards
                    getattr(self, name)

    async def rest(self) -> None:
        """Waits for what goes on beside requests."""

    async def close(self) -> None:
        """Ends what is going on."""


class Parts:
    """The settings, the environment (provider keys, the names of tables and buckets), AWS clients, and the parts that
    an app names, each made at its first use: another part is not there. Implements `api.app.Provision`."""

    callers: "CallerServices"
    models: "ModelServices"
    account: "AccountServices"
    metering: "MeteringServices"
    prompts: "PromptServices"
    telemetry: "TelemetryServices"
    runs: "RunServices"
    playgrounds: "PlaygroundServices"
    label_gates: "LabelGateServices"
    benchmarks: "BenchmarkServices"
    running: "RunningServices"
    benchmark_work: "BenchmarkWork"
    tenant_data: "TenantDataServices"
    idempotency_services: "IdempotencyServices"

    def __init__(
        self,
        names: Sequence[str],
        settings: Settings,
        environment: Mapping[str, str],
        clients: Clients | None = None,
    ) -> None:
        """`names`: of `KINDS`; raises KeyError for another one."""
        self.settings = settings
        self.environment = environment
        self.clients = clients or Clients()
        self.turns = Turns()
        self.refusals = RefusalPace()
        self._kinds = {name: KINDS[name] for name in names}

    if not TYPE_CHECKING:  # a name that no part has is found above

        def __getattr__(self, name: str) -> Part:
            if name not in vars(self).get("_kinds", ()):
                raise AttributeError(f"{name} is not among the parts", name=name, obj=self)
            module, _, kind = self._kinds[name].partition(".")
            part: Part = getattr(import_module(f"{__package__}.{module}"), kind)(self)
            setattr(self, name, part)
            return part

    @classmethod
    def from_environment(cls, *names: str) -> Self:
        """Raises BadSetting."""
        return cls(names, Settings.from_environment(os.environ), os.environ)

    @property
    def authenticate(self) -> "Authenticator":
        return self.callers.authenticate

    @property
    def tenant_directory(self) -> "TenantDirectory":
        return self.callers.tenants

    @property
    def idempotency(self) -> "Idempotency":
        return self.idempotency_services.idempotency

    async def check_rate(self, caller: "Caller") -> None:
        """Raises LimitReached where the caller may begin no run in this minute, as far as this process knows."""
        await self.metering.check_rate(caller)

    def table(self, name: str, client: "Callable[[], DynamoDBClient] | None" = None) -> Table:
        """One that the environment does not name raises BadSetting when it is used, not before: a function is told the
        names of what its own routes use, and services know of more."""
        setting = f"PROMPTYARD_{name.upper()}_TABLE"
        in_aws = self.environment.get(setting, "")
        if not in_aws:
            return Table(not_set(setting), setting)
        return Table(client or self.clients.dynamodb, in_aws, at_once=self.clients.answers_at_once("dynamodb"))

    @cached_property
    def bucket(self) -> Objects:
        """As `table`."""
        setting = "PROMPTYARD_RUNS_BUCKET"
        in_aws = self.environment.get(setting, "")
        return Objects(self.clients.s3, in_aws) if in_aws else Objects(not_set(setting), setting)

    @property
    def retention(self) -> timedelta | None:
        """How long runs are kept."""
        return self.settings.retention()

    def warm(self) -> None:
        """Imports and makes what a first request needs. Opens no socket."""
        parts = [getattr(self, name) for name in self._kinds]
        for part in parts:
            part.warm()
        for service in sorted({service for part in parts for service in part.aws}):
            self.clients.warm(service)

    async def rest(self) -> None:
        """Waits for what goes on beside requests: a function is frozen when it has answered."""
        for name in self._kinds:
            if name in vars(self):
                await getattr(self, name).rest()

    async def close(self) -> None:
        """The parts that others are made of are closed last."""
        for name in reversed(self._kinds):
            if name in vars(self):
                await getattr(self, name).close()


def provided(take: Callable[[Parts], Any]) -> Any:
    """A FastAPI dependency: what `take` takes of the app's parts."""
    return Depends(Taken(take))


class Taken:
    """Takes what `take` takes of the request's app's parts."""

    def __init__(self, take: Callable[[Parts], Any]) -> None:
        self.take = take

    async def __call__(self, request: Request) -> Any:  # a coroutine: a plain function would be sent to a thread
        return self.take(request.app.state.provided())


async def _run_time(request: Request) -> RunTime:
    return run_time(request.scope, request.app.state.provided().settings.run_deadline_seconds)


RunSeconds = Annotated[RunTime, Depends(_run_time)]
"""How long a run of this request may take."""


def not_set(setting: str) -> Callable[[], Any]:
    """In a client's place: raises BadSetting."""

    def client() -> Any:
        raise BadSetting(f"{setting}: is not set")

    return client
