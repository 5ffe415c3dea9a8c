"""A playground made with another one's metrics, whose making is cut short."""

import pytest

from promptyard.bootstrap.callers import CallerServices
from promptyard.bootstrap.deployment import Deployment
from promptyard.bootstrap.playgrounds import PlaygroundServices
from promptyard.bootstrap.tenant_data import TenantDataServices
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
def services(local_aws: LocalAws) -> Deployment:
    return Deployment(Settings(), local_aws.names, local_aws.clients)


async def make(services: Deployment, copy_from: str | None = None) -> Playground:
    service = PlaygroundService(
        services[PlaygroundServices].store,
        services[PlaygroundServices].configuration_store,
        services[CallerServices].audit,
    )
    return await service.create(CALLER, name="a", description="", use_case_id="u", copy_from=copy_from)


async def test_nobody_sees_it_and_an_erasure_finds_all_of_it(
    services: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    configurations: ConfigurationStore = services[PlaygroundServices].configuration_store
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
    service = services[PlaygroundServices].playgrounds
    assert await service.find("acme", PlaygroundFilter()) == [source]
    [copy] = copies
    assert [left.id for left in await configurations.all("acme", copy.playground_id)] == [copy.id]
    async for _ in services[TenantDataServices].store.delete_all("acme"):
        pass
    assert await configurations.all("acme", copy.playground_id) == []


async def test_what_is_made_to_its_end_is_seen_with_all_of_it(services: Deployment) -> None:
    source = await make(services)
    await services[PlaygroundServices].configuration_store.add(
        configuration("latency", playground_id=source.id, tenant="acme")
    )
    copy = await make(services, copy_from=source.id)
    assert await services[PlaygroundServices].playgrounds.get("acme", copy.id) == copy
    assert len(await services[PlaygroundServices].configuration_store.all("acme", copy.id)) == 1
    await services[PlaygroundServices].playgrounds.delete(CALLER, copy.id)
    assert await services[PlaygroundServices].playgrounds.find("acme", PlaygroundFilter()) == [source]
