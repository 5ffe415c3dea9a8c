"""What an HTTP provider's file has to offer. A module with these functions is an adapter: pure, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from promptyard.domain.errors import ProviderError
from promptyard.domain.models.provider_events import ProviderEvent
from promptyard.domain.models.targets import ProviderCall


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One dispatched server-sent event."""

    data: str
    event: str = "message"
    stray: bool = False
    """A line that is no SSE field but looks like JSON, passed on whole: Gemini and some gateways send errors so."""


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """A POST with a JSON body. Headers may hold the key, so they are left out of the repr."""

    url: str
    body: dict[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)


class StreamParser(Protocol):
    """The state of one streamed answer."""

    def feed(self, event: SseEvent) -> list[ProviderEvent]:
        """Events that this one makes. Raises ProviderError for an error event or a frame that cannot be read."""

    def end(self) -> list[ProviderEvent]:
        """Called when the bytes end. Raises ProviderMalformed when the terminal event was not seen."""


class HttpProtocol(Protocol):
    """The adapter. `stream` False asks for one JSON answer."""

    def build_request(self, call: ProviderCall, *, stream: bool) -> ProviderRequest:
        """Raises RefusedParameter for a parameter the model does not take, InvalidRequest for a message it cannot."""

    def new_parser(self) -> StreamParser: ...

    def parse_answer(self, body: bytes) -> list[ProviderEvent]:
        """A whole JSON answer, ending with Finished. Raises ProviderError or ProviderMalformed."""

    def parse_error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """An answer whose HTTP status is not 2xx. Header names are lower case."""
