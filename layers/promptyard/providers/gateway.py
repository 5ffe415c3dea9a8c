"""Which code calls which provider. Adapters and the HTTP client are imported when they are first needed: the
stand-in, and a function that calls one provider, do without the rest."""

from collections.abc import AsyncGenerator
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.models.provider_events import ProviderEvent
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.network.limits import DEFAULT_LIMITS, TransportLimits
from promptyard.providers.protocol import HttpProtocol

if TYPE_CHECKING:
    from promptyard.providers.network.transport import Transport
    from promptyard.providers.wires.bedrock_stream import BedrockCaller


class Caller(Protocol):
    """What a provider that is not called over our own HTTP transport has to offer; a module may be one."""

    def check(self, call: ProviderCall) -> None:
        """Raises RefusedParameter, InvalidRequest, EndpointRefused for a call that cannot be made."""

    def stream(self, call: ProviderCall) -> AsyncGenerator[ProviderEvent, None]:
        """Events as they come, `Finished` among them. Closing the generator stops the call. Raises ProviderError."""


class Gateway:
    """Calls providers. `allow_private_endpoints` (off, loopback, private) is for addresses that callers bring."""

    def __init__(
        self,
        *,
        allow_private_endpoints: str = "off",
        limits: TransportLimits = DEFAULT_LIMITS,
    ) -> None:
        self._allow_private_endpoints = allow_private_endpoints
        self._limits = limits

    def check(self, call: ProviderCall) -> None:
        """Whether the call can be made, as far as that shows without sending anything.

        Raises RefusedParameter, InvalidRequest, EndpointRefused, MissingKey, ProviderAuth.
        """
        self._caller(call).check(call)

    def stream(self, call: ProviderCall) -> AsyncGenerator[ProviderEvent, None]:
        """Events as they come, `Finished` among them. Closing the generator stops the call at once.

        Raises what `check` raises before anything is sent, ProviderError after.
        """
        return self._caller(call).stream(call)

    async def aclose(self) -> None:
        """Close the running event loop's connections."""
        if "_transport" in vars(self):
            await self._transport.aclose()
        if "_bedrock" in vars(self):
            self._bedrock.close()

    @cached_property
    def _transport(self) -> "Transport":
        from promptyard.providers.network.guarded_network import guarded_transport
        from promptyard.providers.network.transport import Transport
        from promptyard.providers.network.url_policy import EndpointPolicy

        policy = EndpointPolicy.from_setting(self._allow_private_endpoints)
        return Transport(self._limits, lambda: guarded_transport(policy))

    @cached_property
    def _bedrock(self) -> "BedrockCaller":
        from promptyard.providers.wires.bedrock_stream import BedrockCaller

        return BedrockCaller(limits=self._limits)

    def _caller(self, call: ProviderCall) -> Caller:
        if call.row.protocol == "demo":
            from promptyard.providers.wires import demo

            return demo
        if call.row.protocol == "bedrock":
            return self._bedrock
        from promptyard.providers.network.transport import HttpCaller

        return HttpCaller(self._transport, http_adapter(call))


def http_adapter(call: ProviderCall) -> HttpProtocol:
    """The adapter for the call's wire. Raises InvalidRequest for a protocol that is not served."""
    match call.row.protocol:
        case "openai" if _needs_responses(call):
            from promptyard.providers.wires import openai_responses

            return openai_responses
        case "openai":
            from promptyard.providers.wires import openai_compatible

            return openai_compatible
        case "anthropic":
            from promptyard.providers.wires import anthropic

            return anthropic
        case "google":
            from promptyard.providers.wires import google

            return google
    raise InvalidRequest(f"{call.row.name} is not served here", loc=("body", "provider"))


def _needs_responses(call: ProviderCall) -> bool:
    if call.info is None:
        return False
    capabilities, parameters = call.info.capabilities, call.parameters
    with_tools = bool(parameters.tools) and parameters.reasoning_effort != "none"
    return capabilities.responses_only or (capabilities.tools_need_responses and with_tools)
