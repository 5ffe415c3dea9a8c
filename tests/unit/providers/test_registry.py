"""The providers' rows."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.catalogue import Catalogue, ProviderInfo
from promptyard.domain.models.catalogue_data import load_models
from promptyard.providers.base_urls import base_url_in
from promptyard.providers.registry import PROVIDERS

MODELS = load_models()
CATALOGUE = Catalogue(PROVIDERS, MODELS)

REQUIRED = [
    "openai",
    "anthropic",
    "google",
    "gemini",
    "bedrock",
    "custom",
    "demo",
    "azure",
    "mistral",
    "groq",
    "deepseek",
    "xai",
    "openrouter",
    "together",
    "fireworks",
    "cerebras",
    "perplexity",
    "ollama",
    "vllm",
]


@pytest.mark.parametrize("name", REQUIRED)
def test_a_provider_that_has_to_be_there(name: str) -> None:
    assert CATALOGUE.provider(name) is not None


def test_names_are_unique_and_lower_case() -> None:
    names = [name for row in PROVIDERS for name in (row.id, *row.aliases)]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9]+", name) for name in names)


def test_every_model_has_its_provider() -> None:
    assert {row.provider for row in MODELS} <= {row.id for row in PROVIDERS}


@pytest.mark.parametrize("row", [row for row in PROVIDERS if row.default_model], ids=lambda row: row.id)
def test_a_default_model_is_listed_and_not_on_its_way_out(row: ProviderInfo) -> None:
    listed = [model for model in MODELS if model.provider == row.id]
    model = CATALOGUE.model(row.id, row.default_model)

    assert not listed or (model is not None and model.deprecation_date is None)


@pytest.mark.parametrize("row", [row for row in PROVIDERS if row.base_url], ids=lambda row: row.id)
def test_a_base_url_takes_a_path(row: ProviderInfo) -> None:
    assert re.fullmatch(r"https://[a-z.-]+(/[a-z0-9/-]*[a-z0-9])?|http://127\.0\.0\.1:\d+/v1", row.base_url)


@pytest.mark.parametrize(
    ("variable", "value", "url"),
    [
        ("OPENAI_BASE_URL", "http://127.0.0.1:9000/v1/", "http://127.0.0.1:9000/v1"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("ANTHROPIC_BASE_URL", "https://gateway.example/anthropic", "https://gateway.example/anthropic"),
        ("AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com/", "https://mine.openai.azure.com/openai/v1"),
        (
            "AZURE_OPENAI_ENDPOINT",
            "https://mine.openai.azure.com/openai/v1/",
            "https://mine.openai.azure.com/openai/v1",
        ),
        ("GROQ_BASE_URL", "https://api.groq.com", "https://api.groq.com/openai/v1"),
        ("OLLAMA_HOST", "127.0.0.1:11500", "http://127.0.0.1:11500/v1"),
        ("OLLAMA_HOST", "box", "http://box:11434/v1"),
        ("OLLAMA_HOST", ":11500", "http://127.0.0.1:11500/v1"),
        ("OLLAMA_HOST", "[::1]:11500", "http://[::1]:11500/v1"),
        ("OLLAMA_HOST", "::1", "http://[::1]:11434/v1"),
        ("OLLAMA_HOST", "box:abc", "http://box:11434/v1"),
        ("OLLAMA_HOST", "box:99999", "http://box:11434/v1"),
        ("OLLAMA_HOST", "[::1", "http://[::1/v1"),
        ("OLLAMA_HOST", "https://ollama.com", "https://ollama.com/v1"),
        ("OLLAMA_HOST", "http://box:11434/v1", "http://box:11434/v1"),
    ],
)
def test_a_base_url_in_the_environment_means_what_it_means_to_the_sdk(variable: str, value: str, url: str) -> None:
    assert base_url_in(variable, value) == url


@given(st.sampled_from(["OLLAMA_HOST", "OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"]), st.text(":/[]@?#.%a1", min_size=1))
def test_an_odd_base_url_in_the_environment_harms_nobody_else(variable: str, value: str) -> None:
    assert isinstance(base_url_in(variable, value), str)


def test_reading_the_rows_loads_no_http_client() -> None:
    program = "import sys, promptyard.providers.registry; assert 'httpx' not in sys.modules"

    subprocess.run([sys.executable, "-c", program], check=True)
