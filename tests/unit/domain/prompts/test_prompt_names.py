"""Names, ids and references of prompts and versions."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.errors import InvalidRequest, NotFound
from promptyard.domain.prompts.names import (
    MAX_VERSIONS,
    PromptReference,
    is_label,
    prompt_id,
    split_version_id,
    version_id,
)

ID = prompt_id("acme", "billing", "invoice-parser")
LOC = ("body", "prompt_id")

names = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True)


@given(names, names, names, st.integers(1, MAX_VERSIONS))
def test_a_version_id_holds_its_prompt_and_its_number(tenant: str, namespace: str, slug: str, number: int) -> None:
    prompt = prompt_id(tenant, namespace, slug)
    identifier = version_id(prompt, number)
    assert split_version_id(identifier) == (prompt, number)
    assert split_version_id(identifier.upper()) == (prompt, number)
    for text in (prompt, identifier):
        assert str(UUID(text)) == text
        assert (UUID(text).version, UUID(text).variant) == (8, "specified in RFC 4122")


def test_ids_differ_by_tenant_namespace_and_slug() -> None:
    others = [("acme", "billing", "b"), ("acme", "b", "invoice-parser"), ("other", "billing", "invoice-parser")]
    assert len({ID, *(prompt_id(*other) for other in others)}) == 4
    assert prompt_id("acme", "billing", "invoice-parser") == ID


def test_ids_stay_what_they_are() -> None:
    """They are in stores: another hash would lose every prompt."""
    assert ID == "7a671adb-51b2-8e81-a8e1-92f1c6000000"


@pytest.mark.parametrize("number", [0, -1, MAX_VERSIONS + 1])
def test_a_number_that_an_id_has_no_room_for(number: int) -> None:
    with pytest.raises(ValueError, match="number"):
        version_id(ID, number)


@pytest.mark.parametrize(
    "identifier", [ID, "", "x", "3", ID[:-1], f"{{{version_id(ID, 1)}}}", version_id(ID, 1) + "\n"]
)
def test_what_is_no_version_id(identifier: str) -> None:
    with pytest.raises(NotFound):
        split_version_id(identifier)


@pytest.mark.parametrize(
    ("text", "number", "label"),
    [
        ("billing/invoice-parser", None, None),
        ("billing/invoice-parser@3", 3, None),
        ("billing/invoice-parser@production", None, "production"),
        ("billing/invoice-parser@2026-11", None, "2026-11"),
        ("billing/invoice-parser@v1.2_x", None, "v1.2_x"),
        (ID, None, None),
        (ID.upper(), None, None),
        (f"{ID}@12", 12, None),
        (f"{ID}@staging", None, "staging"),
    ],
)
def test_references(text: str, number: int | None, label: str | None) -> None:
    reference = PromptReference.parse(text, loc=LOC)
    assert reference.prompt_id("acme") == ID
    assert (reference.number, reference.label) == (number, label)
    assert str(reference) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "invoice-parser",
        "billing/",
        "/invoice-parser",
        "Billing/invoice-parser",
        "billing/invoice parser",
        "billing/-x",
        "a/b/c",
        f"{'n' * 65}/slug",
        "billing/invoice-parser\n",
        "billing/invoice-parser@",
        "billing/invoice-parser@0",
        "billing/invoice-parser@03",
        "billing/invoice-parser@-1",
        "billing/invoice-parser@123456789",
        "billing/invoice-parser@Production",
        "billing/invoice-parser@a@b",
        "billing/invoice-parser@a\n",
        f"{ID}@",
        ID.replace("-", ""),
    ],
)
def test_what_is_no_reference(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        PromptReference.parse(text, loc=LOC)
    assert caught.value.loc == LOC


def test_a_reference_without_a_version() -> None:
    assert PromptReference.parse("a/b", loc=LOC, with_version=False).prompt_id("acme") == prompt_id("acme", "a", "b")
    with pytest.raises(InvalidRequest):
        PromptReference.parse("a/b@3", loc=LOC, with_version=False)


@pytest.mark.parametrize(
    ("text", "expected"), [("production", True), ("3a", True), ("1.0", True), ("7", False), ("", False), ("A", False)]
)
def test_labels(text: str, expected: bool) -> None:
    assert is_label(text) is expected
