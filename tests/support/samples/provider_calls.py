"""Calls as the services hand them to an adapter."""

from typing import Any

from pydantic import SecretStr

from promptyard.domain.models.catalogue import Capabilities, ModelInfo, ProviderInfo, Wire
from promptyard.domain.models.messages import Message, user_prompt
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.providers.registry import PROVIDERS

KEY = "test-key-never-real"


def call(
    provider: str,
    model: str,
    *,
    messages: list[Message] | list[dict[str, Any]] | str = "Hello",
    info: ModelInfo | None = None,
    base_url: str = "https://provider.example",
    api_key: str | None = KEY,
    from_caller: bool = False,
    key_from_caller: bool = False,
    row: ProviderInfo | None = None,
    **parameters: Any,
) -> ProviderCall:
    """`messages` may be one prompt, or messages in the wire's form. Without a `row`, the plainest one on that
    provider's wire is made."""
    conversation = user_prompt(messages) if isinstance(messages, str) else messages
    return ProviderCall(
        row=row or plain_row(provider, next(row.wire for row in PROVIDERS if row.id == provider)),
        model=model,
        messages=tuple(Message.model_validate(message) for message in conversation),
        parameters=Parameters(**parameters),
        base_url=base_url,
        api_key=SecretStr(api_key) if api_key else None,
        info=info,
        from_caller=from_caller,
        key_from_caller=key_from_caller,
    )


def plain_row(provider: str, wire: Wire) -> ProviderInfo:
    return ProviderInfo(
        id=provider,
        name=provider.title(),
        wire=wire,
        base_url="https://provider.example" if wire.needs_address else None,
        key_variables=("PROVIDER_KEY",) if wire.takes_key else (),
        requires_key=wire.takes_key,
    )


def known(provider: str, model: str, *, max_output_tokens: int | None = None, **capabilities: Any) -> ModelInfo:
    """A row of the catalogue."""
    return ModelInfo(
        provider=provider,
        model=model,
        name=model,
        max_output_tokens=max_output_tokens,
        capabilities=Capabilities(**capabilities),
    )
