"""Which wire a call goes out on, and by which connection."""

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from promptyard.domain.errors import InvalidRequest, RefusedParameter
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.network.limits import DEFAULT_LIMITS, TransportLimits
from promptyard.providers.protocol import Adapter
from promptyard.providers.registry import WIRES

if TYPE_CHECKING:
    from promptyard.providers.network.transport import Transport
    from promptyard.providers.wires.bedrock_stream import BedrockConnection
    from promptyard.services.ports.runs import PreparedCall


class Gateway:
    """Implements `services.ports.runs.ProviderGateway`. `allow_private_endpoints` (off, loopback, private) is for
    addresses that callers bring."""

    def __init__(
        self,
        *,
        allow_private_endpoints: str = "off",
        limits: TransportLimits = DEFAULT_LIMITS,
    ) -> None:
        self._connections = Connections(allow_private_endpoints, limits)

    def prepare(self, call: ProviderCall) -> "PreparedCall":
        adapter = adapter_of(call)
        return adapter.prepare(_in_protocol(call, adapter.wire), self._connections)

    def warm(self) -> None:
        """What a first call over HTTP would wait for. Opens no socket."""
        self._connections.http.warm()

    async def aclose(self) -> None:
        """Close the running event loop's connections."""
        await self._connections.aclose()


class Connections:
    """What calls go out by: one of each kind for all wires, made at its first use."""

    def __init__(self, allow_private_endpoints: str, limits: TransportLimits) -> None:
        self._allow_private_endpoints = allow_private_endpoints
        self._limits = limits

    @cached_property
    def http(self) -> "Transport":
        """Raises ValueError for a setting of `allow_private_endpoints` that is none."""
        from promptyard.providers.network.transport import Transport

        return Transport(self._limits, self._allow_private_endpoints)

    @cached_property
    def bedrock(self) -> "BedrockConnection":
        from promptyard.providers.wires.bedrock_stream import BedrockConnection

        return BedrockConnection(limits=self._limits)

    async def aclose(self) -> None:
        """Close the running event loop's."""
        if "http" in vars(self):
            await self.http.aclose()
        if "bedrock" in vars(self):
            self.bedrock.close()


def _in_protocol(call: ProviderCall, wire: Wire) -> ProviderCall:
    """The call as that wire can carry it out: with the body that it came as where the wire speaks its protocol. Else
    raises RefusedParameter for a field, InvalidRequest for a content part, that the protocol alone has."""
    body = call.body
    if body is None:
        return call
    is_spoken = body.protocol == wire.protocol
    for name in call.parameters.extra or {}:
        if name in body.unanswered:
            raise RefusedParameter(name, call.model, "asks for what is not answered here")
        if not is_spoken and name not in wire.own_fields:
            raise RefusedParameter(name, call.model, f"is not taken by {call.row.name}")
    if is_spoken:
        return call
    if body.foreign_parts:
        parts = ", ".join(body.foreign_parts)
        raise InvalidRequest(f"{call.row.name} takes no {parts}", loc=("body", "messages"))
    return replace(call, body=None)


def adapter_of(call: ProviderCall) -> Adapter:
    wire = call.row.wire
    return WIRES[wire.responses if wire.responses is not None and _needs_responses(call) else wire.name]


def _needs_responses(call: ProviderCall) -> bool:
    if call.body is not None and call.body.protocol == "responses" and call.row.serves_responses:
        return not call.from_caller
    if call.info is None:
        return False
    capabilities, parameters = call.info.capabilities, call.parameters
    with_tools = bool(parameters.tools) and parameters.reasoning_effort != "none"
    return capabilities.responses_only or (capabilities.tools_need_responses and with_tools)
