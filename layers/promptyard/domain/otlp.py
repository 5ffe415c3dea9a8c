"""A collector's address and headers, as OpenTelemetry's own variables have them:
https://opentelemetry.io/docs/specs/otel/protocol/exporter/."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

TRACES = "/v1/traces"

_NAME = re.compile(r"[!#$%&'*.^_`|~+0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_OWN = frozenset({"accept-encoding", "connection", "content-length", "content-type", "host", "transfer-encoding"})
"""Headers that the request has of itself."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A collector that a run's span goes to."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    """Keys among them."""
    content: bool
    """Whether what was said and answered goes along."""


def traces_url(endpoint: str) -> str:
    """Where spans go: `endpoint` is that of all signals."""
    return endpoint.rstrip("/") + TRACES


def parse_headers(text: str) -> dict[str, str]:
    """`name=value,name=value`, values percent-encoded; by lower-case names. Raises ValueError, which quotes nothing of
    them: they are keys."""
    headers: dict[str, str] = {}
    for pair in filter(None, (pair.strip() for pair in text.split(","))):
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError("headers are name=value, separated by commas")
        headers[name.strip().lower()] = unquote(value.strip())
    check_headers(headers)
    return headers


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises ValueError. HTTP libraries print what they refuse, so that nothing is given them to refuse."""
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError("the name and the value of a header are visible ASCII, blanks inside a value")
        if name in _OWN:
            raise ValueError(f"the header {name} is set by itself")
