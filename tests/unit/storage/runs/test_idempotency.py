"""Who has an idempotency key, on a store that is not moto, which cannot judge races."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.errors import Conflict
from promptyard.domain.headroom import Headroom
from promptyard.domain.identifiers import random_id
from promptyard.services.ports.runs import IDEMPOTENCY_KEPT_FOR, IdempotencyRecord, KeptAnswer
from promptyard.services.runs import idempotency
from promptyard.services.runs.idempotency import LONGEST, Claim, Idempotency, InProgress
from promptyard.services.runs.replays import RunAgain
from promptyard.services.runs.run_handle import RunHandle
from promptyard.storage.runs.idempotency import DynamoIdempotency
from promptyard.storage.table.expressions import Expression
from promptyard.storage.table.keys import Key
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import USAGE_TABLE, first_answer_lost
from tests.support.doubles.doubles import MemoryRunStore
from tests.support.samples.sample_runs import new_run, settled

ANSWER = KeptAnswer(status=201, headers={"content-type": "application/json"}, body='{"id": "ü"}')


@pytest.fixture
def store(dynalite_aws: LocalAws) -> DynamoIdempotency:
    return store_in(dynalite_aws)


def store_in(aws: LocalAws) -> DynamoIdempotency:
    return DynamoIdempotency(Table(aws.clients.dynamodb, aws.names[USAGE_TABLE]))


@pytest.fixture
def tenant() -> str:
    return random_id()


@pytest.fixture
def runs() -> MemoryRunStore:
    return MemoryRunStore()


@pytest.fixture
def keys(store: DynamoIdempotency, runs: MemoryRunStore, monkeypatch: pytest.MonkeyPatch) -> Idempotency:
    monkeypatch.setattr(idempotency, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(idempotency, "PAUSE_SECONDS", 0.0)
    return Idempotency(store, runs)  # type: ignore[arg-type]


async def claimed(keys: Idempotency, tenant: str, fingerprint: str = "f") -> Claim:
    claim = await keys.begin(tenant, "key", fingerprint)
    assert isinstance(claim, Claim)
    return claim


async def test_of_many_at_once_one_has_the_key(keys: Idempotency, tenant: str) -> None:
    outcomes = await asyncio.gather(*(keys.begin(tenant, "key", "f") for _ in range(32)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(Claim) == 1
    assert [type(outcome) for outcome in outcomes].count(InProgress) == 31


async def test_a_key_is_known_until_it_is_given_back(keys: Idempotency, tenant: str) -> None:
    assert not await keys.is_known(tenant, "key")
    claim = await claimed(keys, tenant)
    assert await keys.is_known(tenant, "key")
    assert not await keys.is_known(random_id(), "key")
    await claim.release()
    assert not await keys.is_known(tenant, "key")


async def test_a_claim_has_the_run_that_was_noted(keys: Idempotency, tenant: str) -> None:
    claim = await claimed(keys, tenant)
    assert claim.run_id is None
    await claim.note_run("r", stream=True)
    assert claim.run_id == "r"


async def test_a_repetition_looks_again_after_a_pause(
    keys: Idempotency, store: DynamoIdempotency, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await claimed(keys, tenant)
    monkeypatch.setattr(idempotency, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(idempotency, "PAUSE_SECONDS", 0.1)
    get, looks = store.get, 0

    async def counted(tenant: str, key: str) -> IdempotencyRecord | None:
        nonlocal looks
        looks += 1
        return await get(tenant, key)

    monkeypatch.setattr(store, "get", counted)
    with pytest.raises(InProgress):
        await keys.begin(tenant, "key", "f")
    assert 2 <= looks <= 4


async def test_the_answer_is_given_again(keys: Idempotency, tenant: str) -> None:
    await (await claimed(keys, tenant)).keep(ANSWER)
    assert await keys.begin(tenant, "key", "f") == ANSWER
    assert isinstance(await keys.begin(tenant, "other key", "f"), Claim)
    assert isinstance(await keys.begin(random_id(), "key", "f"), Claim)
    with pytest.raises(Conflict):
        await keys.begin(tenant, "key", "other request")


@pytest.mark.parametrize("length", [89_999, 90_000, 90_001, 1_500_000])
async def test_an_answer_may_be_larger_than_an_item(keys: Idempotency, tenant: str, length: int) -> None:
    answer = ANSWER.model_copy(update={"body": "🙂" * length})
    await (await claimed(keys, tenant)).keep(answer)
    assert await keys.begin(tenant, "key", "f") == answer


async def test_a_key_that_was_given_back_is_free(keys: Idempotency, tenant: str) -> None:
    first = await claimed(keys, tenant)
    await first.release()
    second = await claimed(keys, tenant, "other request")
    await first.keep(ANSWER)  # too late: it is not the first one's any more
    await first.release()
    with pytest.raises(InProgress):
        await keys.begin(tenant, "key", "other request")
    await second.keep(ANSWER)
    assert await keys.begin(tenant, "key", "other request") == ANSWER


async def test_an_answer_that_comes_too_late_leaves_nothing(
    keys: Idempotency, dynalite_aws: LocalAws, tenant: str
) -> None:
    """Its key was erased with its tenant, or is another request's."""
    table = Table(dynalite_aws.clients.dynamodb, dynalite_aws.names[USAGE_TABLE])
    claim = await claimed(keys, tenant)
    partition = f"{tenant}#idempotency"
    await table.delete(Key(pk=partition, sk=claim._key))
    await claim.keep(ANSWER.model_copy(update={"body": "x" * 400_000}))
    await claim.note_run("r", stream=False)
    await claim.release()
    assert await table.read_all(Expression("#pk = :pk", {"pk": partition})) == []


async def test_a_run_is_answered_by_its_record_once_it_has_ended(
    keys: Idempotency, runs: MemoryRunStore, tenant: str
) -> None:
    run = new_run(tenant=tenant)
    await runs.start(run)
    await (await claimed(keys, tenant)).note_run(run.id, stream=True)
    with pytest.raises(InProgress):
        await keys.begin(tenant, "key", "f")
    await runs.settle(settled(run))
    again = await keys.begin(tenant, "key", "f")
    assert isinstance(again, RunAgain)
    assert again.stream
    assert (await again.handle.settled()).run == runs.runs[tenant, run.id]
    await runs.delete(tenant, run.id)
    with pytest.raises(Conflict, match="deleted"):
        await keys.begin(tenant, "key", "f")


async def test_a_run_that_is_going_on_here_is_joined(store: DynamoIdempotency, tenant: str) -> None:
    run = new_run(tenant=tenant)
    handle = RunHandle(run, Headroom())
    keys = Idempotency(store, MemoryRunStore(), {run.id: handle}.get)
    await (await claimed(keys, tenant)).note_run(run.id, stream=False)
    assert await keys.begin(tenant, "key", "f") == RunAgain(handle, False)


async def test_what_was_cut_off_is_not_done_again(keys: Idempotency, store: DynamoIdempotency, tenant: str) -> None:
    died = await claimed(keys, tenant)
    await died.note_comparison("c-1")
    record = await store.get(tenant, died._key)
    assert record is not None
    long_ago = datetime.now(UTC) - LONGEST - timedelta(minutes=1)
    await store.note(tenant, died._key, record.model_copy(update={"claimed_at": long_ago}))
    with pytest.raises(Conflict, match="c-1") as refused:
        await keys.begin(tenant, "key", "f")
    assert not refused.value.retryable


async def test_for_a_quarter_of_an_hour_what_has_not_answered_may_still_do(
    keys: Idempotency, store: DynamoIdempotency, tenant: str
) -> None:
    going_on = await claimed(keys, tenant)
    record = await store.get(tenant, going_on._key)
    assert record is not None
    for minutes, retryable, words in ((15, True, "is going on"), (17, False, "was cut off")):
        since = datetime.now(UTC) - timedelta(minutes=minutes)
        await store.note(tenant, going_on._key, record.model_copy(update={"claimed_at": since}))
        with pytest.raises(Conflict, match=words) as refused:
            await keys.begin(tenant, "key", "f")
        assert refused.value.retryable is retryable
        assert "comparison" not in refused.value.message
        assert refused.value.retry_after == (1.0 if retryable else None)


async def test_a_run_that_is_not_settled_goes_on_however_long(
    keys: Idempotency, store: DynamoIdempotency, runs: MemoryRunStore, tenant: str
) -> None:
    run = new_run(tenant=tenant)
    await runs.start(run)
    claim = await claimed(keys, tenant)
    await claim.note_run(run.id, stream=False)
    record = await store.get(tenant, claim._key)
    assert record is not None
    assert record.run_id == run.id
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    await store.note(tenant, claim._key, record.model_copy(update={"claimed_at": long_ago}))
    with pytest.raises(InProgress):
        await keys.begin(tenant, "key", "f")


async def test_a_key_is_free_a_day_after_it_was_claimed_and_not_before(
    keys: Idempotency, store: DynamoIdempotency, tenant: str
) -> None:
    first = await claimed(keys, tenant)
    record = await store.get(tenant, first._key)
    assert record is not None
    for hours, is_free in ((23, False), (25, True)):
        since = datetime.now(UTC) - timedelta(hours=hours)
        await store.note(tenant, first._key, record.model_copy(update={"claimed_at": since, "answer": ANSWER}))
        begun = await keys.begin(tenant, "key", "f")
        assert isinstance(begun, Claim) is is_free


async def test_a_key_that_has_expired_is_free_though_it_is_still_there(
    keys: Idempotency, store: DynamoIdempotency, tenant: str
) -> None:
    first = await claimed(keys, tenant)
    await first.keep(ANSWER)
    record = await store.get(tenant, first._key)
    assert record is not None
    yesterday = datetime.now(UTC) - IDEMPOTENCY_KEPT_FOR - timedelta(minutes=1)
    await store.note(tenant, first._key, record.model_copy(update={"claimed_at": yesterday, "answer": ANSWER}))
    await claimed(keys, tenant)


async def test_a_claim_whose_answer_was_lost_is_the_claimants(local_aws: LocalAws, tenant: str) -> None:
    store = store_in(local_aws)
    record = IdempotencyRecord(claim=random_id(), fingerprint="f", claimed_at=datetime.now(UTC))
    with first_answer_lost(local_aws.clients.dynamodb(), "PutItem"):
        await store.claim(tenant, "key", record)
    with pytest.raises(Conflict):
        await store.claim(tenant, "key", record.model_copy(update={"claim": random_id()}))
