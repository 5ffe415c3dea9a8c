"""Calls as the services hand them to an adapter."""

from typing import Any

from pydantic import SecretStr

from promptyard.domain.models.catalogue import Capabilities, ModelInfo, ProviderInfo
from promptyard.domain.models.messages import Message, user_prompt
from promptyard.domain.models.targets import Parameters, ProviderCall

KEY = "test-key-never-real"


def call(
    protocol: str,
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
    """`messages` may be one prompt, or messages in the wire's form. Without a `row`, the plainest one is made."""
    conversation = user_prompt(messages) if isinstance(messages, str) else messages
    return ProviderCall(
        row=row or ProviderInfo.model_validate({"id": protocol, "name": protocol.title(), "protocol": protocol}),
        model=model,
        messages=tuple(Message.model_validate(message) for message in conversation),
        parameters=Parameters(**parameters),
        base_url=base_url,
        api_key=SecretStr(api_key) if api_key else None,
        info=info,
        from_caller=from_caller,
        key_from_caller=key_from_caller,
    )


def known(protocol: str, model: str, *, max_output_tokens: int | None = None, **capabilities: Any) -> ModelInfo:
    """A row of the catalogue."""
    return ModelInfo(
        provider=protocol,
        model=model,
        name=model,
        max_output_tokens=max_output_tokens,
        capabilities=Capabilities(**capabilities),
    )
