"""Chooses implementations: the only module that knows them all. Each is imported and made at its first use, so a
function pays for what its routes use and for nothing else."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Self

from fastapi import Depends, Request

from promptyard.domain.access import LOCAL_CALLER, Caller
from promptyard.domain.catalogue import Catalogue
from promptyard.domain.errors import Unauthenticated
from promptyard.settings import Settings

if TYPE_CHECKING:
    from promptyard.api.authentication import Authenticator
    from promptyard.providers.keys import EnvironmentKeys
    from promptyard.services.comparisons import CompareService
    from promptyard.services.execution import RunExecutor
    from promptyard.services.ports import ProviderGateway, RunStore
    from promptyard.services.prompts import PromptService
    from promptyard.services.runs import RunService
    from promptyard.services.targets import TargetResolver


class Services:
    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self.settings = settings
        self._environment = environment

    @classmethod
    def from_environment(cls) -> Self:
        return cls(Settings.from_environment(os.environ), os.environ)

    @cached_property
    def authenticate(self) -> "Authenticator":
        return _open if self.settings.auth == "open" else _closed

    @cached_property
    def catalogue(self) -> Catalogue:
        from promptyard.domain.catalogue_data import load_models
        from promptyard.providers.registry import PROVIDERS

        return Catalogue(PROVIDERS, load_models())

    @cached_property
    def keys(self) -> "EnvironmentKeys":
        from promptyard.providers.keys import EnvironmentKeys

        return EnvironmentKeys(self._environment)

    @cached_property
    def resolver(self) -> "TargetResolver":
        from promptyard.services.targets import TargetResolver

        return TargetResolver(self.catalogue, self.keys)

    @cached_property
    def gateway(self) -> "ProviderGateway":
        from promptyard.providers.gateway import Gateway

        return Gateway()

    @cached_property
    def run_store(self) -> "RunStore":
        from promptyard.storage.runs import DynamoRunStore

        return DynamoRunStore()

    @cached_property
    def executor(self) -> "RunExecutor":
        from promptyard.services.execution import RunExecutor

        return RunExecutor(self.run_store, self.gateway)

    @cached_property
    def runs(self) -> "RunService":
        from promptyard.services.runs import RunService

        return RunService(self.run_store, self.executor, self.resolver)

    @cached_property
    def comparisons(self) -> "CompareService":
        from promptyard.services.comparisons import CompareService

        return CompareService(self.runs)

    @cached_property
    def prompts(self) -> "PromptService":
        from promptyard.services.prompts import PromptService
        from promptyard.storage.prompts import DynamoPromptStore

        return PromptService(DynamoPromptStore())

    async def settle_interrupted(self) -> int:
        """Settle what an earlier process left open. Returns how many runs that were."""
        return await self.runs.settle_interrupted(datetime.now(UTC))

    async def close(self) -> None:
        if "comparisons" in vars(self):
            await self.comparisons.close()
        if "executor" in vars(self):
            await self.executor.close()


def _provided(request: Request) -> Services:
    services: Services = request.app.state.provided()
    return services


Provided = Annotated[Services, Depends(_provided)]
"""A route's parameter type for the services."""


async def _open(_: Request) -> Caller:
    return LOCAL_CALLER


async def _closed(_: Request) -> Caller:
    raise Unauthenticated("A key is needed: Authorization: Bearer <key>")
