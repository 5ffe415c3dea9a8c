"""The deployment's keys and addresses, as the environment has them."""

from pathlib import Path

import pytest

from promptyard.domain.models.catalogue import ProviderInfo, Wire
from promptyard.providers.keys import EnvironmentKeys
from promptyard.providers.registry import PROVIDERS

ROWS = {row.id: row for row in PROVIDERS}


def keys(**environment: str) -> EnvironmentKeys:
    return EnvironmentKeys(environment)


@pytest.mark.parametrize(
    ("provider", "environment", "key"),
    [
        ("openai", {"OPENAI_API_KEY": " sk-1\n"}, "sk-1"),
        ("google", {"GEMINI_API_KEY": "g-1"}, "g-1"),
        ("google", {"GEMINI_API_KEY": "g-1", "GOOGLE_API_KEY": "g-2"}, "g-2"),
        ("google", {"GEMINI_API_KEY": "g-1", "GOOGLE_API_KEY": ""}, "g-1"),
        ("openai", {"OPENAI_API_KEY": " "}, None),
        ("anthropic", {"OPENAI_API_KEY": "sk-1"}, None),
    ],
)
async def test_a_key(provider: str, environment: dict[str, str], key: str | None) -> None:
    found = await keys(**environment).key(ROWS[provider])

    assert (found.get_secret_value() if found else None) == key
    assert "-1" not in repr(found)


@pytest.mark.parametrize(
    ("provider", "environment", "url"),
    [
        ("openai", {}, "https://api.openai.com/v1"),
        ("openai", {"OPENAI_BASE_URL": "http://127.0.0.1:9000/v1"}, "http://127.0.0.1:9000/v1"),
        ("openai", {"OPENAI_BASE_URL": " "}, "https://api.openai.com/v1"),
        ("ollama", {"OLLAMA_HOST": "box:11500"}, "http://box:11500/v1"),
        ("azure", {"AZURE_OPENAI_ENDPOINT": "https://mine.example/"}, "https://mine.example/openai/v1"),
        ("vllm", {}, None),
    ],
)
def test_a_base_url(provider: str, environment: dict[str, str], url: str | None) -> None:
    assert keys(**environment).base_url(ROWS[provider]) == url


@pytest.mark.parametrize(
    ("provider", "environment", "missing"),
    [
        ("openai", {}, "OPENAI_API_KEY"),
        ("openai", {"OPENAI_API_KEY": "sk-1"}, None),
        ("azure", {"AZURE_OPENAI_API_KEY": "a-1"}, "AZURE_OPENAI_ENDPOINT"),
        ("custom", {}, "custom_base_url"),
        ("demo", {}, None),
        ("ollama", {}, None),
        ("bedrock", {}, "AWS_ACCESS_KEY_ID"),
        ("bedrock", {"AWS_ACCESS_KEY_ID": "AKIA"}, None),
        ("bedrock", {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/role"}, None),
        ("bedrock", {"HOME": "/nonexistent"}, "AWS_ACCESS_KEY_ID"),
    ],
)
def test_what_is_missing_is_named(provider: str, environment: dict[str, str], missing: str | None) -> None:
    assert keys(**environment).missing(ROWS[provider]) == missing


def test_a_provider_on_a_new_wire_is_ready_with_its_address_and_its_key() -> None:
    row = ProviderInfo(
        id="new",
        name="New",
        wire=Wire(name="new"),
        base_url_variables=("NEW_BASE_URL",),
        key_variables=("NEW_API_KEY",),
    )

    assert keys(NEW_BASE_URL="https://new.example").missing(row) == "NEW_API_KEY"
    assert keys(NEW_API_KEY="n-1").missing(row) == "NEW_BASE_URL"
    assert keys(NEW_BASE_URL="https://new.example", NEW_API_KEY="n-1").missing(row) is None


@pytest.mark.parametrize("name", ["credentials", "config"])
def test_bedrock_is_ready_where_there_are_profiles(name: str, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    file = tmp_path / ".aws" / name
    file.touch()
    variable = "AWS_SHARED_CREDENTIALS_FILE" if name == "credentials" else "AWS_CONFIG_FILE"
    assert keys(HOME=str(tmp_path)).missing(ROWS["bedrock"]) is None
    assert keys(**{variable: str(file)}).missing(ROWS["bedrock"]) is None
