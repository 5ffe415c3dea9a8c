"""Which store the environment asks for."""

import pytest

from promptyard.domain.errors import StoreUnavailable
from promptyard.domain.paging import PageRequest
from promptyard.services.ports.runs import RunFilter
from promptyard.settings import BadSetting
from promptyard_local.aws import LocalAws, open_aws
from tests.support.aws.local_aws import RUNS_TABLE, object_keys, store_of_runs
from tests.support.samples.sample_runs import new_run


async def test_another_endpoint_holds_the_items_and_the_rest_is_embedded(dynalite_aws: LocalAws) -> None:
    store = store_of_runs(dynalite_aws)
    run = new_run(tenant="endpoint-test", reference="x" * 60_000)
    await store.start(run)
    assert await store.get(run.tenant, run.id) == run
    assert dynalite_aws.clients.dynamodb().meta.endpoint_url.startswith("http://127.0.0.1:")
    assert "http://127.0.0.1:" in dynalite_aws.place
    assert len(object_keys(dynalite_aws)) == 1


async def test_what_an_endpoint_holds_stays_there(dynalite_url: str) -> None:
    run = new_run(tenant="endpoint-restart")
    for attempt in range(2):
        aws = open_aws({"AWS_ENDPOINT_URL_DYNAMODB": dynalite_url, "PROMPTYARD_DATA_DIR": ":memory:"})
        store = store_of_runs(aws)
        if attempt == 0:
            await store.start(run)
        assert (await store.page(run.tenant, RunFilter(), PageRequest(10))).items == [run]
        aws.close()


def test_a_table_of_another_version_is_named(dynalite_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    from promptyard.aws import resources

    names = {setting: f"other-{name}" for setting, name in dynalite_aws.names.items()}
    dynalite_aws.clients.dynamodb().create_table(
        TableName=names[RUNS_TABLE],
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    with pytest.raises(StoreUnavailable, match=r"other-promptyard-runs-table.*by_prompt"):
        resources.create_tables(dynalite_aws.clients.dynamodb(), names)


def test_real_aws_needs_the_names_of_what_is_deployed() -> None:
    with pytest.raises(BadSetting, match="PROMPTYARD_RUNS_TABLE"):
        open_aws({"PROMPTYARD_AWS": "real"})


def test_real_aws_is_not_asked_before_it_is_used(local_aws: LocalAws) -> None:
    names = {setting: f"deployed-{setting}" for setting in local_aws.names}
    aws = open_aws({"PROMPTYARD_AWS": "real", **names})
    assert aws.names == names
    aws.close()


def test_another_word_is_refused() -> None:
    with pytest.raises(BadSetting, match="PROMPTYARD_AWS"):
        open_aws({"PROMPTYARD_AWS": "moto"})
