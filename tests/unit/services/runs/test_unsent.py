"""The records of runs that failed before they were sent."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from promptyard.domain.account.access import LOCAL_CALLER
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.errors import (
    EndpointRefused,
    GuardsUnavailable,
    MissingKey,
    PromptyardError,
    RateLimited,
    StoreUnavailable,
    UnknownModel,
)
from promptyard.domain.headroom import Headroom
from promptyard.domain.models.targets import Target
from promptyard.domain.runs.run import Run, RunLinks, RunStatus
from promptyard.services.account.tenant_directory import TenantDirectory
from promptyard.services.ports.runs import Placement, RunGuard
from promptyard.services.prompts.prompting import PromptSource, compose
from promptyard.services.runs.orders import RunOrder
from promptyard.services.runs.runs import UnsentRuns
from tests.support.doubles.account_doubles import MemoryTenants
from tests.support.doubles.doubles import MemoryRunStore
from tests.unit.services.runs.test_targets import RESOLVER

TENANT = Tenant(id="local", name="local", created_at=datetime.now(UTC), retention_days=7)


class BrokenStore(MemoryRunStore):
    async def add(self, run: Run) -> None:
        raise self.failure

    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self.failure = failure


def unsent(store: MemoryRunStore) -> UnsentRuns:
    return UnsentRuns(store, RESOLVER, TenantDirectory(MemoryTenants(), TENANT))


def order(**changes: Any) -> RunOrder:
    fields: dict[str, Any] = {
        "endpoint": "playground/compare",
        "target": Target(model="gpt-4o"),
        "prompt": compose(PromptSource(text="Hi")),
        "deadline_seconds": 60,
        "placement": Placement(),
    }
    return RunOrder(**(fields | changes))


async def keep(store: MemoryRunStore, asked: RunOrder, error: PromptyardError) -> Run:
    ended = asked.run(LOCAL_CALLER).ended(error, at=datetime.now(UTC))
    return await unsent(store).keep(LOCAL_CALLER, asked, ended, error)


async def test_what_is_known_of_it_is_kept() -> None:
    store = MemoryRunStore()
    links = RunLinks(comparison_id="c", comparison_index=1)
    asked = order(target=Target(model="openai/gpt-4o", provider_key=SecretStr("sk-test")), links=links)
    run = await keep(store, asked, MissingKey("No key"))
    assert store.runs == {("local", run.id): run}
    assert (run.provider, run.model, run.model_id, run.status) == (
        "openai",
        "gpt-4o",
        "openai/gpt-4o",
        RunStatus.FAILED,
    )
    assert (run.links, run.retention_days, run.key_from_caller) == (links, 7, True)
    assert run.error is not None
    assert run.error.code == "missing_key"
    assert (run.usage, run.cost_usd, run.latency_ms, run.reservation_id) == (None, None, None, None)
    assert "sk-test" not in run.model_dump_json()


@pytest.mark.parametrize("failure", [StoreUnavailable("down"), RuntimeError("broken")])
async def test_a_store_that_fails_hides_nothing(failure: Exception) -> None:
    run = await keep(BrokenStore(failure), order(target=Target(model="x")), UnknownModel("x"))
    assert run.error is not None
    assert run.error.code == "unknown_model"


def no_guards() -> RunGuard:
    raise GuardsUnavailable("blind")


@pytest.mark.parametrize(
    ("placement", "playground", "messages"),
    [
        (Placement(), None, 1),
        (Placement(playground_id="p"), "p", 1),
        (Placement(playground_id="p", guard=no_guards), "p", 0),
    ],
)
async def test_a_prompt_that_guards_might_block_is_not_kept(
    placement: Placement, playground: str | None, messages: int
) -> None:
    asked = order(placement=placement, links=RunLinks(playground_id=playground))
    run = await keep(MemoryRunStore(), asked, MissingKey("No key"))
    assert len(run.messages) == messages


URL = "https://user:secret@host.example/v1?key=secret"


@pytest.mark.parametrize(
    ("url", "error", "kept"),
    [
        ("https://Host.example:443/v1/secret", EndpointRefused("no"), "https://host.example"),
        (URL, EndpointRefused("no"), None),
        (URL, MissingKey("no"), None),
        ("not a url", UnknownModel("x"), None),
        (
            "https://host.example/v1",
            RateLimited("later", retry_after=1, numbers={}, headroom=Headroom()),
            "https://host.example/v1",
        ),
    ],
)
async def test_an_address_that_nobody_has_looked_at_is_kept_without_its_secrets(
    url: str, error: PromptyardError, kept: str | None
) -> None:
    asked = order(target=Target(model="m", custom_base_url=url))
    run = await keep(MemoryRunStore(), asked, error)
    assert (run.provider, run.custom_base_url) == ("custom", kept)
