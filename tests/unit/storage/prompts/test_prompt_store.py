"""The prompts store on the embedded AWS."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.errors import BadCursor, Conflict, NotFound
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters
from promptyard.domain.paging import PageRequest
from promptyard.domain.prompts.names import prompt_id
from promptyard.domain.prompts.prompt import Prompt, PromptContent, PromptFilter
from promptyard.storage.prompts.prompts import DynamoPromptStore
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import counted_requests, object_keys, store_of_prompts
from tests.support.samples.sample_prompts import chat_content, version_of

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
TEXT = PromptContent.of_text("Greet {{name}}")
ID = prompt_id("local", "support", "greeting")


@pytest.fixture
def store(local_aws: LocalAws) -> Iterator[DynamoPromptStore]:
    return store_of_prompts(local_aws)


def prompt(slug: str = "greeting", namespace: str = "support", **changes: object) -> Prompt:
    fields = {"tenant": "local", "namespace": namespace, "slug": slug, "created_at": NOW, "updated_at": NOW}
    return Prompt.model_validate(fields | changes)


async def test_a_prompt_comes_back_as_it_was_written(store: DynamoPromptStore) -> None:
    written = prompt(description="Greets", author="ci")
    await store.create(written)
    assert await store.get("local", ID) == written
    bare = prompt("farewell")
    await store.create(bare)
    assert await store.get("local", bare.id) == bare


async def test_a_name_is_taken_once(store: DynamoPromptStore) -> None:
    await store.create(prompt(description="first"))
    with pytest.raises(Conflict):
        await store.create(prompt(description="second"))
    assert (await store.get("local", ID)).description == "first"


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        chat_content(("system", "Be kind, 世界 🎉"), ("user", "{{question}}")),
        PromptContent.of_messages(
            [
                Message.model_validate(
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "What is it?"},
                            {"type": "image_url", "image_url": {"url": "data:image/png;base64,eA=="}},
                        ],
                    }
                )
            ]
        ),
        PromptContent.of_text("long " * 100_000),
    ],
)
async def test_a_version_comes_back_as_it_was_written(store: DynamoPromptStore, content: PromptContent) -> None:
    version = version_of(
        content,
        default_model="openai/gpt-4o",
        parameters=Parameters(temperature=0.1, stop=["END"], response_format={"type": "json_object", "x": None}),
        commit_message="first",
        author="ci",
    )
    await store.add_version("local", version)
    assert await store.version("local", ID, 1) == version
    assert await store.newest("local", ID) == version
    assert await store.version("local", ID, 2) is None


async def test_a_number_is_taken_once(store: DynamoPromptStore, local_aws: LocalAws) -> None:
    large = "x" * 50_000
    await store.add_version("local", version_of(PromptContent.of_text(f"first {large}")))
    with pytest.raises(Conflict):
        await store.add_version("local", version_of(PromptContent.of_text(f"second {large}")))
    found = await store.version("local", ID, 1)
    assert found is not None
    assert found.content.text == f"first {large}"
    assert all(key.startswith(f"local/prompts/{ID}/") for key in object_keys(local_aws))


async def test_another_tenant_sees_nothing(store: DynamoPromptStore) -> None:
    await store.create(prompt())
    await store.add_version("local", version_of(TEXT))
    with pytest.raises(NotFound):
        await store.get("other", ID)
    assert await store.version("other", ID, 1) is None
    assert await store.newest("other", ID) is None
    assert (await store.versions("other", ID, PageRequest(5))).total == 0
    assert (await store.page("other", PromptFilter(), PageRequest(5))).total == 0
    with pytest.raises(NotFound):
        await store.change("other", ID, {"description": "mine now"}, NOW)
    with pytest.raises(NotFound):
        await store.set_label("other", ID, "production", 1, NOW)


async def test_changes_touch_only_what_they_name(store: DynamoPromptStore) -> None:
    await store.create(prompt(description="Greets"))
    later = NOW + timedelta(hours=1)
    await store.change("local", ID, {"archived_at": later}, later)
    changed = await store.get("local", ID)
    assert (changed.description, changed.archived_at, changed.updated_at) == ("Greets", later, later)
    await store.change("local", ID, {"archived_at": None, "description": None}, later)
    restored = await store.get("local", ID)
    assert (restored.description, restored.archived_at) == (None, None)


async def test_labels_of_every_form(store: DynamoPromptStore) -> None:
    await store.create(prompt())
    for number, label in enumerate(["production", "v1.2", "a-b_c", "size", "0.1"], 1):
        await store.set_label("local", ID, label, number, NOW)
    await store.set_label("local", ID, "production", 9, NOW)
    await store.remove_label("local", ID, "v1.2", NOW)
    assert (await store.get("local", ID)).labels == {"production": 9, "a-b_c": 3, "size": 4, "0.1": 5}
    with pytest.raises(NotFound, match=r"v1\.2"):
        await store.remove_label("local", ID, "v1.2", NOW)


async def test_an_alias_is_claimed_once_and_what_is_left_undone_is_finished(store: DynamoPromptStore) -> None:
    await store.create(prompt())
    other = prompt_id("local", "n", "other")
    await store.claim_alias("local", "pmpt_1", ID)
    await store.claim_alias("local", "pmpt_1", ID)  # whoever had claimed it died before the prompt showed it
    with pytest.raises(Conflict):
        await store.claim_alias("local", "pmpt_1", other)
    await store.note_alias("local", ID, "pmpt_1", NOW)
    assert (await store.get("local", ID)).aliases == {"pmpt_1": NOW}
    await store.release_alias("local", "pmpt_1", other)
    assert await store.alias("local", "pmpt_1") == ID
    await store.release_alias("local", "pmpt_1", ID)
    await store.release_alias("local", "pmpt_1", ID)
    assert await store.alias("local", "pmpt_1") is None
    await store.forget_alias("local", ID, "pmpt_1", NOW)
    with pytest.raises(NotFound, match="pmpt_1"):
        await store.forget_alias("local", ID, "pmpt_1", NOW)


async def test_the_newest_number_only_rises(store: DynamoPromptStore) -> None:
    await store.create(prompt())
    for number, expected in ((2, 2), (1, 2), (3, 3), (3, 3)):
        await store.note_latest("local", version_of(TEXT, number))
        assert (await store.get("local", ID)).latest_version == expected


async def test_prompts_by_name_in_pages(store: DynamoPromptStore) -> None:
    names = [(namespace, slug) for namespace in ("billing", "support", "support-eu") for slug in ("a", "b", "c")]
    for namespace, slug in reversed(names):
        await store.create(prompt(slug, namespace))
    found, cursor = [], None
    for _ in range(5):
        page = await store.page("local", PromptFilter(), PageRequest(2, cursor=cursor))
        found += [(each.namespace, each.slug) for each in page.items]
        cursor = page.next_cursor
        assert page.total == 9
    assert cursor is None
    assert found == sorted(names, key="/".join)
    offset = await store.page("local", PromptFilter(namespace="support"), PageRequest(2, offset=2))
    assert ([each.slug for each in offset.items], offset.total, offset.next_cursor) == (["c"], 3, None)
    searched = await store.page("local", PromptFilter(search="EU/"), PageRequest(1))
    assert ([each.slug for each in searched.items], searched.total) == (["a"], 3)
    with pytest.raises(BadCursor):
        await store.page("local", PromptFilter(), PageRequest(2, cursor=searched.next_cursor))


async def test_archived_prompts_are_listed_when_asked_for(store: DynamoPromptStore) -> None:
    await store.create(prompt("kept"))
    await store.create(prompt("gone", archived_at=NOW))
    assert [each.slug for each in (await store.page("local", PromptFilter(), PageRequest(5))).items] == ["kept"]
    both = await store.page("local", PromptFilter(archived=True), PageRequest(5))
    assert [each.slug for each in both.items] == ["gone", "kept"]


async def test_versions_newest_first_in_pages(store: DynamoPromptStore) -> None:
    for number in range(1, 8):
        await store.add_version("local", version_of(PromptContent.of_text(f"{number}" * 20_000), number))
    first = await store.versions("local", ID, PageRequest(3))
    second = await store.versions("local", ID, PageRequest(3, cursor=first.next_cursor))
    third = await store.versions("local", ID, PageRequest(3, cursor=second.next_cursor))
    numbers = [[info.number for info in page.items] for page in (first, second, third)]
    assert numbers == [[7, 6, 5], [4, 3, 2], [1]]
    assert (first.total, second.total, third.total, third.next_cursor) == (7, 7, 7, None)
    offset = await store.versions("local", ID, PageRequest(2, offset=4))
    assert [info.number for info in offset.items] == [3, 2]
    assert (await store.versions("local", ID, PageRequest(2, offset=7))).items == []
    assert (await store.versions("local", ID, PageRequest(7))).next_cursor is None
    with pytest.raises(BadCursor):
        await store.versions("local", prompt_id("local", "support", "other"), PageRequest(3, cursor=first.next_cursor))


async def test_a_page_over_a_megabyte_is_read_on(store: DynamoPromptStore) -> None:
    for number in range(1, 51):
        await store.add_version("local", version_of(PromptContent.of_text("x" * 30_000), number))
    page = await store.versions("local", ID, PageRequest(50))
    assert [info.number for info in page.items] == list(range(50, 0, -1))


async def test_what_each_access_costs(store: DynamoPromptStore, local_aws: LocalAws) -> None:
    for number in range(1, 41):
        await store.create(prompt(f"p{number:02}", description="d" * 1000))
        await store.add_version("local", version_of(TEXT, number))
    client = local_aws.clients.dynamodb()

    with counted_requests(client) as counts:
        await store.version("local", ID, 3)
    assert counts == {"GetItem": 1}
    with counted_requests(client) as counts:
        await store.newest("local", ID)
    assert counts == {"Query": 1}
    with counted_requests(client) as counts:
        await store.versions("local", ID, PageRequest(20, offset=10))
    assert counts == {"Query": 2}
    with counted_requests(client) as counts:
        await store.page("local", PromptFilter(search="p3"), PageRequest(20))
    assert counts == {"Query": 1}
    with counted_requests(client) as counts:
        await store.add_version("local", version_of(TEXT, 41))
    assert counts == {"PutItem": 1}
