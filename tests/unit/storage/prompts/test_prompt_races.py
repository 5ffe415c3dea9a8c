"""Prompts and version numbers under many writers at once, on a store that is not moto."""

import asyncio
from collections import Counter
from itertools import pairwise

import pytest

from promptyard.domain.errors import Conflict, StoreUnavailable
from promptyard.domain.identifiers import random_id
from promptyard.domain.paging import PageRequest
from promptyard.domain.prompts.names import PromptReference, version_id
from promptyard.domain.prompts.prompt import PromptFilter, PromptVersion
from promptyard.services.account.audit import AuditLog
from promptyard.services.prompts.registry import PromptService, SavedVersion
from promptyard.storage.prompts.prompts import DynamoPromptStore
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import store_of_prompts
from tests.support.doubles.account_doubles import MemoryAudit
from tests.support.samples.sample_prompts import caller_of, text_draft

WRITERS = 64
NAME = ("billing", "invoice-parser")
REFERENCE = PromptReference.parse("billing/invoice-parser", loc=())


@pytest.fixture
def store(dynalite_aws: LocalAws) -> DynamoPromptStore:
    return store_of_prompts(dynalite_aws)


@pytest.fixture
def prompts(dynalite_aws: LocalAws, store: DynamoPromptStore) -> PromptService:
    return PromptService(store, AuditLog(MemoryAudit()))


@pytest.fixture
def tenant() -> str:
    return random_id()


async def save_at_once(prompts: PromptService, tenant: str, texts: list[str]) -> list[SavedVersion]:
    caller = caller_of(tenant)
    return await asyncio.gather(*(prompts.save_version(caller, *NAME, text_draft(text)) for text in texts))


async def all_versions(prompts: PromptService, tenant: str) -> list[PromptVersion]:
    """Oldest first."""
    page = await prompts.versions(tenant, REFERENCE, PageRequest(100))
    assert page.next_cursor is None
    return [await prompts.version(tenant, info.id) for info in reversed(page.items)]


async def test_numbers_have_no_gaps_and_no_doubles(prompts: PromptService, tenant: str) -> None:
    texts = [f"Parse {number}" for number in range(WRITERS)]
    saved = await save_at_once(prompts, tenant, texts)
    assert sorted(save.version.number for save in saved) == list(range(1, WRITERS + 1))
    assert all(save.is_new for save in saved)
    versions = await all_versions(prompts, tenant)
    assert [version.number for version in versions] == list(range(1, WRITERS + 1))
    assert {version.id: version.content.text for version in versions} == {
        save.version.id: text for save, text in zip(saved, texts, strict=True)
    }
    prompt = await prompts.get(tenant, REFERENCE)
    assert prompt.latest_version == WRITERS
    assert (await prompts.find_version(tenant, REFERENCE)).number == WRITERS


async def test_writers_of_the_same_content_make_one_version(prompts: PromptService, tenant: str) -> None:
    saved = await save_at_once(prompts, tenant, ["Parse this"] * WRITERS)
    assert Counter(save.is_new for save in saved) == {True: 1, False: WRITERS - 1}
    assert {save.version.id for save in saved} == {saved[0].version.id}
    assert [version.number for version in await all_versions(prompts, tenant)] == [1]


async def test_no_version_repeats_the_one_before_it(prompts: PromptService, tenant: str) -> None:
    await save_at_once(prompts, tenant, [f"Parse {number % 4}" for number in range(WRITERS)])
    versions = await all_versions(prompts, tenant)
    assert [version.number for version in versions] == list(range(1, len(versions) + 1))
    texts = [version.content.text for version in versions]
    assert all(before != after for before, after in pairwise(texts))


async def test_many_makers_of_one_name_make_one_prompt(prompts: PromptService, tenant: str) -> None:
    caller = caller_of(tenant)
    made = await asyncio.gather(
        *(prompts.create(caller, *NAME, f"by {number}") for number in range(WRITERS)), return_exceptions=True
    )
    winners = [prompt for prompt in made if not isinstance(prompt, BaseException)]
    assert len(winners) == 1
    assert all(isinstance(outcome, Conflict) for outcome in made if outcome is not winners[0])
    page = await prompts.page(tenant, PromptFilter(), PageRequest(10))
    assert page.items == winners


async def test_labels_set_at_once_are_all_kept(prompts: PromptService, tenant: str) -> None:
    caller = caller_of(tenant)
    await prompts.save_version(caller, *NAME, text_draft("Parse this"))
    names = [f"label-{number}.x" for number in range(32)]
    await asyncio.gather(
        *(prompts.set_label(caller, REFERENCE, name, number=1, version_id=None) for name in names),
        prompts.change(tenant, REFERENCE, {"description": "Parses"}),
        prompts.save_version(caller, *NAME, text_draft("Parse that")),
    )
    prompt = await prompts.get(tenant, REFERENCE)
    assert prompt.labels == dict.fromkeys(names, 1)
    assert (prompt.description, prompt.latest_version) == ("Parses", 2)


async def test_one_of_two_prompts_gets_an_alias(prompts: PromptService, tenant: str) -> None:
    caller = caller_of(tenant)
    made = [await prompts.create(caller, "races", slug) for slug in ("one", "two")]
    references = [PromptReference(prompt.name, id=prompt.id) for prompt in made]
    given = (prompts.set_alias(caller, reference, "pmpt_1") for reference in references for _ in range(4))
    outcomes = await asyncio.gather(*given, return_exceptions=True)
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 4
    [winner] = {outcome.id for outcome in outcomes if not isinstance(outcome, BaseException)}
    assert await prompts.aliases.resolved(tenant, "pmpt_1@3") == f"{winner}@3"


async def test_a_writer_that_dies_leaves_nothing_broken(
    prompts: PromptService, store: DynamoPromptStore, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = caller_of(tenant)
    await prompts.save_version(caller, *NAME, text_draft("One"))

    async def die(*_: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(store, "note_latest", die)
        with pytest.raises(StoreUnavailable):
            await prompts.save_version(caller, *NAME, text_draft("Two"))
    prompt_id = (await prompts.get(tenant, REFERENCE)).id
    assert (await prompts.version(tenant, version_id(prompt_id, 2))).content.text == "Two"
    assert (await prompts.find_version(tenant, REFERENCE)).number == 2
    again = await prompts.save_version(caller, *NAME, text_draft("Two"))
    assert (again.version.number, again.is_new) == (2, False)
    assert (await prompts.get(tenant, REFERENCE)).latest_version == 2
    assert (await prompts.save_version(caller, *NAME, text_draft("Three"))).version.number == 3
