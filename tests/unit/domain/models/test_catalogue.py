"""Look-ups by name, alias and bare name; rows that cannot be."""

from typing import Any

import pytest

from promptyard.domain.models.catalogue import Catalogue, ModelInfo, ProviderInfo, Wire

CHAT = Wire(name="chat", takes_custom_endpoints=True)
PROVIDERS = [
    ProviderInfo(id="demo", name="Demo", wire=CHAT, requires_key=False, stand_in=True),
    ProviderInfo(id="maker", name="Maker", wire=CHAT, requires_key=False, aliases=("made",)),
    ProviderInfo(id="reseller", name="Reseller", wire=CHAT, requires_key=False),
]


def row(provider: str, model: str, *aliases: str) -> ModelInfo:
    return ModelInfo(provider=provider, model=model, aliases=aliases, name=model)


SONNET = row("maker", "sonnet", "sonnet-20241022")
RESOLD = row("reseller", "sonnet")
LARGE = row("reseller", "large", "sonnet-20241022", "big")
BIG = row("reseller", "big")
ECHO = row("demo", "echo", "parrot")
CATALOGUE = Catalogue(PROVIDERS, [ECHO, SONNET, RESOLD, LARGE, BIG, row("nobody", "lost")])


def test_providers_are_found_case_blind_and_by_alias() -> None:
    assert CATALOGUE.provider("Maker") is CATALOGUE.provider("made") is PROVIDERS[1]
    assert CATALOGUE.provider("nobody") is None


def test_an_alias_finds_the_row_of_the_model() -> None:
    assert CATALOGUE.model("maker", "sonnet-20241022") is SONNET
    assert CATALOGUE.model("reseller", "sonnet-20241022") is LARGE
    assert CATALOGUE.model("maker", "big") is None


def test_a_name_wins_over_another_rows_alias() -> None:
    assert CATALOGUE.model("reseller", "big") is BIG
    assert CATALOGUE.bare("big") is BIG


def test_a_bare_name_finds_the_maker_before_the_reseller() -> None:
    assert CATALOGUE.bare("sonnet") is SONNET
    assert CATALOGUE.bare("sonnet-20241022") is SONNET
    assert CATALOGUE.bare("haiku") is None


def test_a_stand_in_is_never_found_without_its_provider() -> None:
    assert CATALOGUE.model("demo", "echo") is ECHO
    assert CATALOGUE.bare("echo") is None
    assert CATALOGUE.bare("parrot") is None


def test_models_of_a_provider_that_is_not_there_are_left_out() -> None:
    assert CATALOGUE.bare("lost") is None
    assert CATALOGUE.models_of("nobody") == []
    assert CATALOGUE.models_of("reseller") == [RESOLD, LARGE, BIG]


OWN = Wire(name="own")
KEYLESS = Wire(name="keyless", needs_address=False, takes_key=False)
KEYED = {"base_url": "https://new.example", "key_variables": ("NEW_API_KEY",)}


@pytest.mark.parametrize(
    ("wire", "row"),
    [
        (OWN, KEYED),
        (OWN, KEYED | {"base_url": None, "base_url_variables": ("NEW_BASE_URL",)}),
        (OWN, {"base_url": "http://127.0.0.1:1234", "requires_key": False}),
        (CHAT, KEYED),
        (CHAT, {"requires_key": False}),
        (KEYLESS, {"requires_key": False}),
    ],
)
def test_rows_that_can_be_called(wire: Wire, row: dict[str, Any]) -> None:
    ProviderInfo(id="new", name="New", wire=wire, **row)


@pytest.mark.parametrize(
    ("wire", "row", "fault"),
    [
        (OWN, KEYED | {"base_url": None}, "new needs base_url or base_url_variables"),
        (CHAT, KEYED | {"base_url": None}, "new needs base_url or base_url_variables"),
        (OWN, {"requires_key": False}, "new needs base_url or base_url_variables"),
        (OWN, KEYED | {"key_variables": ()}, "new requires a key, and names no variable for it"),
        (KEYLESS, {}, "new requires a key, and names no variable for it"),
        (KEYLESS, {"key_variables": ("NEW_API_KEY",)}, "new has a key, and its wire takes none"),
        (KEYLESS, {"key_variables": ("A",), "requires_key": False}, "new has a key, and its wire takes none"),
        (KEYLESS, {"base_url": "https://new.example", "requires_key": False}, "new has an address"),
        (KEYLESS, {"base_url_variables": ("NEW_BASE_URL",), "requires_key": False}, "new has an address"),
    ],
)
def test_a_row_that_nobody_could_call_is_none(wire: Wire, row: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        ProviderInfo(id="new", name="New", wire=wire, **row)


@pytest.mark.parametrize(
    "facts",
    [
        {"needs_address": False},
        {"needs_address": False, "takes_key": False, "takes_custom_endpoints": True},
        {"uses_aws_credentials": True},
        {"takes_key": False, "takes_custom_endpoints": True, "uses_aws_credentials": True},
    ],
)
def test_a_wire_whose_facts_contradict_each_other_is_none(facts: dict[str, bool]) -> None:
    with pytest.raises(ValueError, match="new"):
        Wire(name="new", **facts)
