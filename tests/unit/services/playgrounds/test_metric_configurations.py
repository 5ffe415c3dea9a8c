"""What becomes of a metric configuration that is made while its playground goes."""

from datetime import UTC, datetime
from typing import cast

import pytest

from promptyard.domain.account.access import LOCAL_CALLER
from promptyard.domain.errors import NotFound
from promptyard.domain.playgrounds.playground import Playground
from promptyard.services.account.audit import AuditLog
from promptyard.services.playgrounds.metric_configurations import ConfigurationDraft, ConfigurationService
from promptyard.services.ports.playgrounds import BlueprintStore, PlaygroundStore
from promptyard.services.runs.targets import TargetResolver
from promptyard.storage.account.audit import DynamoAuditStore
from promptyard.storage.playgrounds.metric_configurations import DynamoConfigurationStore
from promptyard.storage.playgrounds.playgrounds import DynamoPlaygroundStore
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.samples.sample_playgrounds import new_playground


class DeletedAfterFirstLook(DynamoPlaygroundStore):
    async def get(self, tenant: str, playground_id: str) -> Playground:
        found = await super().get(tenant, playground_id)
        await self.delete(tenant, playground_id, datetime.now(UTC))
        return found


async def test_nothing_is_left_in_a_playground_that_is_deleted_meanwhile(local_aws: LocalAws) -> None:
    table = Table(local_aws.clients.dynamodb, local_aws.names["PROMPTYARD_PLAYGROUNDS_TABLE"])
    playground = new_playground()
    playgrounds, configurations = DeletedAfterFirstLook(table), DynamoConfigurationStore(table)
    await playgrounds.add(playground)
    service = ConfigurationService(
        configurations,
        cast(PlaygroundStore, playgrounds),
        cast(BlueprintStore, None),
        cast(TargetResolver, None),
        AuditLog(DynamoAuditStore(Table(local_aws.clients.dynamodb, local_aws.names["PROMPTYARD_ACCOUNT_TABLE"]))),
        has_guardrail=False,
    )
    with pytest.raises(NotFound):
        await service.create(LOCAL_CALLER, playground.id, ConfigurationDraft("latency", custom_name="Mine"))
    assert await configurations.all("local", playground.id) == []
    assert "Mine" not in str(local_aws.clients.dynamodb().scan(TableName=table._name))
