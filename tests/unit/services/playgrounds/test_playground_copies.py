"""A playground made with another one's metrics, whose making is cut short."""

import pytest

from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.access import Caller, Role
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
from promptyard.domain.playgrounds.playground import Playground, PlaygroundFilter
from promptyard.services.playgrounds.playgrounds import PlaygroundService
from promptyard.services.ports.playgrounds import ConfigurationStore
from promptyard.settings import Settings
from promptyard_local.aws import LocalAws
from tests.support.doubles.playground_doubles import configuration

CALLER = Caller(tenant="acme", role=Role.ADMIN, name="test")


class DyingProcess(BaseException):
    """Nothing of the process goes on."""


@pytest.fixture
def services(local_aws: LocalAws) -> Parts:
    return whole(Settings(), local_aws.names, local_aws.clients)


async def make(services: Parts, copy_from: str | None = None) -> Playground:
    service = PlaygroundService(
        services.playgrounds.store,
        services.playgrounds.configuration_store,
        services.callers.audit,
    )
    return await service.create(CALLER, name="a", description="", use_case_id="u", copy_from=copy_from)


async def test_nobody_sees_it_and_an_erasure_finds_all_of_it(services: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    configurations: ConfigurationStore = services.playgrounds.configuration_store
    source = await make(services)
    for metric in ("latency", "rouge_1"):
        await configurations.add(configuration(metric, playground_id=source.id, tenant="acme"))
    add, copies = configurations.add, []

    async def add_one_and_die(another: MetricConfiguration) -> None:
        if copies:
            raise DyingProcess
        copies.append(another)
        await add(another)

    monkeypatch.setattr(configurations, "add", add_one_and_die)
    with pytest.raises(DyingProcess):
        await make(services, copy_from=source.id)
    service = services.playgrounds.playgrounds
    assert await service.find("acme", PlaygroundFilter()) == [source]
    [copy] = copies
    assert [left.id for left in await configurations.all("acme", copy.playground_id)] == [copy.id]
    async for _ in services.tenant_data.store.delete_all("acme"):
        pass
    assert await configurations.all("acme", copy.playground_id) == []


async def test_what_is_made_to_its_end_is_seen_with_all_of_it(services: Parts) -> None:
    source = await make(services)
    await services.playgrounds.configuration_store.add(configuration("latency", playground_id=source.id, tenant="acme"))
    copy = await make(services, copy_from=source.id)
    assert await services.playgrounds.playgrounds.get("acme", copy.id) == copy
    assert len(await services.playgrounds.configuration_store.all("acme", copy.id)) == 1
    await services.playgrounds.playgrounds.delete(CALLER, copy.id)
    assert await services.playgrounds.playgrounds.find("acme", PlaygroundFilter()) == [source]
