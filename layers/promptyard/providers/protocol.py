"""What a wire's module has to offer: an `ADAPTER`."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from promptyard.domain.errors import ProviderError
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.provider_events import ProviderEvent

if TYPE_CHECKING:
    from promptyard.domain.models.targets import ProviderCall
    from promptyard.providers.gateway import Connections
    from promptyard.services.ports.runs import PreparedCall


class SseEvent(NamedTuple):
    """One dispatched server-sent event."""

    data: str
    event: str = "message"


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """A POST with a JSON body. Headers may hold the key, so they are left out of the repr."""

    url: str
    body: dict[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)
    instead: Mapping[str, str | None] = field(default_factory=dict)
    """Fields of the body that not every server takes, and what each is sent as where it is refused; None: not sent."""


def bearer(call: "ProviderCall") -> dict[str, str]:
    """The key as most providers want it, for a request's headers; empty without one."""
    return {"authorization": f"Bearer {call.api_key.get_secret_value()}"} if call.api_key is not None else {}


class Ending(Enum):
    """How far a streamed answer is from its end, which tells how long more of it is waited for."""

    NOT_YET = "the provider has not said that it ended"
    MORE_DUE = "it said so, and is likely to go on: between two rounds of a tool that it runs itself"
    USAGE_DUE = "it said so, and the counts have not come"
    DUE = "it said so, and everything has come"


class StreamParser(Protocol):
    """The state of one answer."""

    @property
    def ending(self) -> Ending:
        """Unless NOT_YET, whatever ends the bytes (their end, a reset, silence) ends the answer: `end` is called."""

    def feed(self, event: SseEvent) -> list[ProviderEvent]:
        """Events that this one makes. Raises ProviderError for an error event or a frame that cannot be read."""

    def end(self) -> list[ProviderEvent]:
        """Called when the bytes end. Raises ProviderMalformed when the terminal event was not seen."""

    def whole(self, body: bytes) -> list[ProviderEvent]:
        """An answer that is no event stream, ending with Finished. Raises ProviderError or ProviderMalformed."""

    def left(self) -> list[ProviderEvent]:
        """What came before an error that was raised, and was not given."""


class BuildRequest(Protocol):
    def __call__(self, call: "ProviderCall", *, stream: bool) -> ProviderRequest: ...


@dataclass(frozen=True, slots=True)
class InputCounter:
    """How a provider is asked what the input of a call counts, where its row says that it can be (`counts_input`)."""

    build: "Callable[[ProviderCall, ProviderRequest], ProviderRequest]"
    """Of the call and the request that was sent. Raises RefusedParameter, InvalidRequest."""
    field: str
    """Of the answer, a JSON object: the count."""


def counted(sent: ProviderRequest, fields: Collection[str], suffix: str) -> ProviderRequest:
    """The question what that request counts: its `fields` that the counter takes, at its address and `suffix`."""
    body = {name: value for name, value in sent.body.items() if name in fields}
    return ProviderRequest(url=f"{sent.url}/{suffix}", body=body, headers=sent.headers)


class Adapter(Protocol):
    """What speaks a wire."""

    @property
    def wire(self) -> Wire: ...

    def prepare(self, call: "ProviderCall", connections: "Connections", /) -> "PreparedCall":
        """As `ProviderGateway.prepare`."""


@dataclass(frozen=True, slots=True)
class HttpAdapter:
    """A wire that our own HTTP transport carries: pure functions, no I/O."""

    wire: Wire
    build_request: BuildRequest
    """`stream` False asks for one JSON answer. Raises RefusedParameter for a parameter the model does not take,
    InvalidRequest for a message it cannot."""
    new_parser: Callable[[], StreamParser]
    parse_error: Callable[[int, Mapping[str, str], bytes], ProviderError]
    """Status, headers and body of an answer whose status is not 2xx. Header names are lower case."""
    counter: InputCounter | None = None

    def prepare(self, call: "ProviderCall", connections: "Connections", /) -> "PreparedCall":
        return connections.http.prepare(call, self)


@dataclass(frozen=True, slots=True)
class OwnAdapter:
    """A wire that is carried in a way of its own."""

    wire: Wire
    prepare: "Callable[[ProviderCall, Connections], PreparedCall]"
