"""From what a caller names to what is called."""

from typing import Any

import pytest
from pydantic import SecretStr

from promptyard.domain.errors import InvalidRequest, MissingKey, UnknownModel
from promptyard.domain.models.catalogue import Capabilities, Catalogue, ModelInfo, ProviderInfo, Wire
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.targets import Parameters, Target
from promptyard.services.runs.targets import TargetResolver

CHAT = Wire(name="chat", takes_custom_endpoints=True)
OWN = Wire(name="own")
OPENAI = ProviderInfo(
    id="openai",
    name="OpenAI",
    wire=CHAT,
    base_url="https://api.openai.com/v1",
    default_model="gpt-6-sol",
    key_variables=("OPENAI_API_KEY",),
)
GOOGLE = ProviderInfo(
    id="google",
    name="Google",
    wire=OWN,
    base_url="https://google.example",
    aliases=("gemini",),
    key_variables=("GOOGLE_API_KEY",),
)
ROUTER = ProviderInfo(
    id="router", name="Router", wire=CHAT, base_url="https://router.example/v1", key_variables=("ROUTER_KEY",)
)
CUSTOM = ProviderInfo(id="custom", name="Custom", wire=CHAT, requires_key=False)
NEW = ProviderInfo(id="new", name="New", wire=OWN, base_url_variables=("NEW_BASE_URL",), key_variables=("NEW_API_KEY",))
DEMO = ProviderInfo(
    id="demo",
    name="Demo",
    wire=Wire(name="demo", needs_address=False, takes_key=False),
    requires_key=False,
    stand_in=True,
)


def info(provider: str, model: str, **more: Any) -> ModelInfo:
    return ModelInfo(provider=provider, model=model, name=model, **more)


MODELS = [
    info("openai", "gpt-4o"),
    info("openai", "o9", capabilities=Capabilities(sampling=False)),
    info("google", "gemini-pro"),
    info("router", "gpt-4o"),
    info("router", "router/auto"),
    info("demo", "echo"),
]


class Keys:
    """The tenant has a key of its own for the router; the deployment has one for OpenAI."""

    async def key(
        self, tenant: str, provider: ProviderInfo, base_url: str, *, own_only: bool, fresh: bool = False
    ) -> SecretStr | None:
        if provider.id == "router":
            return SecretStr("tenant's")
        return SecretStr("deployment's") if provider.id == "openai" and not own_only else None

    async def lends(self, tenant: str) -> bool:
        return True

    def base_url(self, provider: ProviderInfo) -> str | None:
        return provider.base_url

    async def missing(self, tenant: str, provider: ProviderInfo) -> str | None:
        return None


RESOLVER = TargetResolver(Catalogue([OPENAI, GOOGLE, ROUTER, CUSTOM, NEW, DEMO], MODELS), Keys())


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Target(model="gpt-4o"), ("openai", "gpt-4o")),
        (Target(model="openai/gpt-4o"), ("openai", "gpt-4o")),
        (Target(model="OpenAI/gpt-4o"), ("openai", "gpt-4o")),
        (Target(model="gemini/gemini-pro"), ("google", "gemini-pro")),
        (Target(model="openai/gpt-brand-new"), ("openai", "gpt-brand-new")),
        (Target(provider="openai"), ("openai", "gpt-6-sol")),
        (Target(provider="openai", model="openai/gpt-4o"), ("openai", "gpt-4o")),
        (Target(provider="router", model="openai/gpt-4o"), ("router", "openai/gpt-4o")),
        (Target(provider="router", model="gpt-4o"), ("router", "gpt-4o")),
        (Target(provider="router", model="router/auto"), ("router", "router/auto")),
        (Target(model="router/auto"), ("router", "router/auto")),
        (Target(model="m", custom_base_url="https://llm.example/v1"), ("custom", "m")),
        (Target(model="org/m", custom_base_url="https://llm.example/v1"), ("custom", "org/m")),
    ],
)
def test_which_model_is_meant(target: Target, expected: tuple[str, str]) -> None:
    model = RESOLVER.model(target)
    assert (model.provider.id, model.name) == expected


@pytest.mark.parametrize("name", ["gpt-brand-new", "nobody/gpt-4o", "GPT-4o", "echo"])
def test_a_bare_name_that_nobody_lists_is_unknown(name: str) -> None:
    with pytest.raises(UnknownModel) as caught:
        RESOLVER.model(Target(model=name))
    assert caught.value.message == f"Model not found: {name}"


@pytest.mark.parametrize(
    ("target", "field"),
    [(Target(), "model"), (Target(provider="nobody", model="x"), "provider"), (Target(provider="custom"), "model")],
)
def test_targets_that_name_too_little(target: Target, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        RESOLVER.model(target)
    assert caught.value.loc == ("body", field)


async def call(target: Target, **options: Any) -> Any:
    return await RESOLVER.call("t", target, RESOLVER.model(target), user_prompt("Hi"), Parameters(), **options)


async def test_the_order_of_keys() -> None:
    own = Target(model="gpt-4o", provider_key=SecretStr("caller's"))
    assert (await call(own)).api_key.get_secret_value() == "caller's"
    assert (await call(Target(provider="router", model="gpt-4o"))).api_key.get_secret_value() == "tenant's"
    assert (await call(Target(model="gpt-4o"))).api_key.get_secret_value() == "deployment's"


async def test_whose_key_it_is() -> None:
    assert (await call(Target(model="gpt-4o", provider_key=SecretStr("caller's")))).own_key
    assert (await call(Target(provider="router", model="gpt-4o"))).own_key
    assert not (await call(Target(model="gpt-4o"))).own_key
    assert not (await call(Target(model="demo/echo"))).own_key


async def test_an_address_of_the_callers_gets_no_key_of_ours() -> None:
    made = await call(Target(provider="openai", model="m", custom_base_url="https://llm.example/v1/"))
    assert made.from_caller
    assert made.api_key is None
    assert made.base_url == "https://llm.example/v1"


async def test_a_missing_key_says_what_would_help() -> None:
    with pytest.raises(MissingKey, match="give provider_key or set GOOGLE_API_KEY"):
        await call(Target(model="gemini/gemini-pro"))
    with pytest.raises(MissingKey) as caught:
        await call(Target(model="gpt-4o"), own_keys_only=True)
    assert "OPENAI_API_KEY" not in caught.value.message  # it is set, and does not serve
    assert (await call(Target(model="demo/echo"), own_keys_only=True)).api_key is None


async def test_what_cannot_be_called_elsewhere_or_nowhere() -> None:
    with pytest.raises(InvalidRequest) as caught:
        await call(Target(provider="google", model="gemini-pro", custom_base_url="https://llm.example"))
    assert caught.value.loc == ("body", "custom_base_url")
    with pytest.raises(InvalidRequest) as caught:
        await call(Target(provider="custom", model="m"))
    assert caught.value.loc == ("body", "custom_base_url")
    with pytest.raises(InvalidRequest, match="New needs NEW_BASE_URL to be set"):
        await call(Target(provider="new", model="m"))


def test_the_template_shapes_temperature_goes_to_models_that_take_one() -> None:
    def default(name: str) -> float | None:
        model = RESOLVER.model(Target(model=name))
        return model.parameters_with_default_temperature(Parameters()).temperature

    assert default("gpt-4o") == 0.7
    assert default("o9") is None
    assert default("openai/gpt-brand-new") is None
