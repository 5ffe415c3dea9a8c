"""Look-ups by name, alias and bare name."""

from promptyard.domain.models.catalogue import Catalogue, ModelInfo, ProviderInfo

PROVIDERS = [
    ProviderInfo(id="demo", name="Demo", protocol="demo"),
    ProviderInfo(id="maker", name="Maker", protocol="openai", aliases=("made",)),
    ProviderInfo(id="reseller", name="Reseller", protocol="openai"),
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


def test_the_demo_is_never_found_without_its_provider() -> None:
    assert CATALOGUE.model("demo", "echo") is ECHO
    assert CATALOGUE.bare("echo") is None
    assert CATALOGUE.bare("parrot") is None


def test_models_of_a_provider_that_is_not_there_are_left_out() -> None:
    assert CATALOGUE.bare("lost") is None
    assert CATALOGUE.models_of("nobody") == []
    assert CATALOGUE.models_of("reseller") == [RESOLD, LARGE, BIG]
