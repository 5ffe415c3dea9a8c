"""The packaged models: what has to be there, and what has to be true of it."""

import subprocess
import sys
from collections import Counter
from datetime import date

import pytest

from promptyard.domain.models.catalogue import Catalogue, ModelInfo, ProviderInfo
from promptyard.domain.models.catalogue_data import load_models
from promptyard.providers.registry import PROVIDERS

MODELS = load_models()
CATALOGUE = Catalogue(PROVIDERS, MODELS)


def get(provider: str, model: str) -> ModelInfo:
    info = CATALOGUE.model(provider, model)
    assert info is not None, f"{provider}/{model}"
    return info


@pytest.mark.parametrize(
    ("bare", "provider"),
    [
        ("gpt-4o", "openai"),
        ("gpt-4o-mini", "openai"),
        ("gpt-4-turbo", "openai"),
        ("gpt-4", "openai"),
        ("gpt-3.5-turbo", "openai"),
        ("claude-3-5-sonnet-20241022", "anthropic"),
        ("claude-3-opus-20240229", "anthropic"),
        ("claude-3-sonnet-20240229", "anthropic"),
        ("claude-3-haiku-20240307", "anthropic"),
        ("gemini-pro", "google"),
        ("claude-haiku-4-5", "anthropic"),
        ("claude-haiku-4-5-20251001", "anthropic"),
        ("gpt-4o-2024-08-06", "openai"),
        ("gpt-6-sol", "openai"),
        ("claude-sonnet-5-5", "anthropic"),
        ("gemini-3.8-flash", "google"),
        ("deepseek-flash", "deepseek"),
        ("grok-4.7", "xai"),
        ("sonar-pro", "perplexity"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock"),
        ("eu.anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock"),
    ],
)
def test_a_bare_name_resolves_to_its_maker_with_a_price(bare: str, provider: str) -> None:
    info = CATALOGUE.bare(bare)
    assert info is not None
    assert info.provider == provider
    assert info.prices
    assert info.price_date


@pytest.mark.parametrize("provider", [row for row in PROVIDERS if row.default_model], ids=lambda row: row.id)
def test_every_providers_default_is_a_priced_model_that_is_still_served(provider: ProviderInfo) -> None:
    info = get(provider.id, provider.default_model or "")
    assert info.prices
    assert info.deprecation_date is None


@pytest.mark.parametrize("model", ["echo", "writer"])
def test_the_demos_models_are_rows_that_cost_nothing_and_say_what_they_are(model: str) -> None:
    info = get("demo", model)
    assert info.prices[0].input == info.prices[0].output == 0
    assert "stand-in" in info.name


def test_models_past_their_shutdown_say_so() -> None:
    assert get("openai", "gpt-4-turbo").deprecation_date == date(2026, 10, 23)
    assert get("openai", "gpt-4o").deprecation_date == date(2027, 1, 14)
    assert get("anthropic", "claude-3-opus-20240229").deprecation_date == date(2026, 1, 5)
    assert get("google", "gemini-pro").deprecation_date == date(2025, 2, 15)
    assert get("openai", "gpt-6-sol").deprecation_date is None


@pytest.mark.parametrize(
    ("provider", "model", "sampling"),
    [
        ("openai", "gpt-4o", True),
        ("openai", "o3", False),
        ("openai", "gpt-5-mini", False),
        ("openai", "gpt-6-sol", False),
        ("anthropic", "claude-3-5-sonnet-20241022", True),
        ("anthropic", "claude-opus-4-6", True),
        ("anthropic", "claude-opus-4-7", False),
        ("anthropic", "claude-sonnet-5-5", False),
        ("anthropic", "claude-fable-5-2", False),
        ("bedrock", "us.anthropic.claude-opus-4-6-v1", True),
        ("bedrock", "us.anthropic.claude-opus-5-5", False),
        ("google", "gemini-3.5-flash", True),
        ("google", "gemini-3.6-flash", False),
        ("google", "gemini-4-argon", False),
        ("moonshot", "kimi-k3", False),
    ],
)
def test_which_models_take_temperature(provider: str, model: str, sampling: bool) -> None:
    assert get(provider, model).capabilities.sampling is sampling


@pytest.mark.parametrize(
    ("provider", "model", "style"),
    [
        ("openai", "gpt-4o", False),
        ("openai", "o1-mini", False),
        ("openai", "o4-mini", "effort"),
        ("openai", "gpt-6-sol", "effort"),
        ("anthropic", "claude-3-5-sonnet-20241022", False),
        ("anthropic", "claude-haiku-4-5", "budget"),
        ("anthropic", "claude-sonnet-4-6", "adaptive"),
        ("anthropic", "claude-sonnet-5-5", "adaptive"),
        ("google", "gemini-2.0-flash", False),
        ("google", "gemini-2.5-pro", "budget"),
        ("google", "gemini-3.8-flash", "level"),
        ("xai", "grok-4.7", "effort"),
        ("together", "moonshotai/Kimi-K3", None),
    ],
)
def test_how_reasoning_is_asked_for(provider: str, model: str, style: str | bool | None) -> None:
    assert get(provider, model).capabilities.reasoning == style


def test_which_models_need_openais_responses_api() -> None:
    assert get("openai", "gpt-5-codex").capabilities.responses_only
    assert get("openai", "o3-pro").capabilities.responses_only
    assert not get("openai", "gpt-6-sol").capabilities.responses_only
    assert get("openai", "gpt-6-sol").capabilities.tools_need_responses
    assert not get("openai", "gpt-5.1").capabilities.tools_need_responses


def test_every_claude_has_the_limit_that_its_api_requires() -> None:
    limits = {model.model: model.max_output_tokens for model in CATALOGUE.models_of("anthropic")}
    assert all(limits.values())
    assert limits["claude-3-haiku-20240307"] == 4096
    assert limits["claude-sonnet-5-5"] == 128_000


def test_every_row_belongs_to_a_provider() -> None:
    assert CATALOGUE.models == tuple(MODELS)


def test_no_two_rows_of_a_provider_share_a_name() -> None:
    names = Counter((model.provider, name) for model in MODELS for name in (model.model, *model.aliases))
    assert [name for name, count in names.items() if count > 1] == []


def test_tiers_ascend_from_0() -> None:
    for model in MODELS:
        for tiers in (model.prices, *(change.prices for change in model.price_changes)):
            thresholds = [tier.above_input_tokens for tier in tiers]
            assert thresholds == sorted(set(thresholds)), model.id
            assert thresholds[:1] in ([], [0]), model.id


def test_prices_that_count_what_usage_does_not_are_unknown() -> None:
    assert get("perplexity", "sonar-deep-research").prices == ()


def test_reading_the_models_imports_no_price_library() -> None:
    code = (
        "import sys; from promptyard.domain.models.catalogue_data import load_models; load_models();"
        "sys.exit('genai_prices' in sys.modules or 'httpx' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
