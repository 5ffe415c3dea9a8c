"""What has to hold for every wire, the recipe's parts first: `tests/unit/providers/test_wires.py` asks it of all that
there are, and tries it on an invented one with parts left out. Each raises AssertionError."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import promptyard.providers.wires
from promptyard.domain.errors import (
    InvalidRequest,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
)
from promptyard.domain.models.catalogue import ProviderInfo
from promptyard.domain.models.provider_events import Finished, FinishReason, ProviderEvent
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.providers.protocol import Adapter, HttpAdapter
from promptyard.providers.registry import PROVIDERS, WIRES
from tests.support.samples.provider_calls import KEY, call, plain_row
from tests.support.servers.wire_replay import FIXTURES, replay, text_of


@dataclass(frozen=True)
class House:
    """Where a wire's parts are looked for."""

    wires: Mapping[str, Adapter]
    rows: Sequence[ProviderInfo]
    modules: Path
    """The folder with a module a wire, of the wire's name."""
    fixtures: Path
    """A folder a wire, of the wire's name."""
    tests: Path
    """The folder with each wire's own tests."""


HOUSE = House(
    WIRES,
    PROVIDERS,
    Path(promptyard.providers.wires.__file__ or "").parent,
    FIXTURES,
    Path(__file__).parents[2] / "unit/providers/wires",
)

SAMPLES: dict[str, Any] = {
    "temperature": 0.5,
    "max_tokens": 50,
    "top_p": 0.5,
    "top_k": 40,
    "frequency_penalty": 0.5,
    "presence_penalty": -0.5,
    "stop": ["END"],
    "seed": 7,
    "reasoning_effort": "low",
    "response_format": {"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}}},
    "tools": [{"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}],
    "tool_choice": "required",
    "parallel_tool_calls": False,
    "extra": {"field_of_the_callers": 1},
}
"""A value of each parameter."""

STATUSES = {
    400: ProviderError,
    401: ProviderAuth,
    403: ProviderAuth,
    429: ProviderRateLimited,
    500: ProviderError,
    503: ProviderOverloaded,
}


def has_its_module(house: House, wire: str) -> None:
    assert (house.modules / f"{wire}.py").is_file(), f"no module providers/wires/{wire}.py"


def has_a_provider(house: House, wire: str) -> None:
    spoken = {name for row in house.rows for name in (row.wire.name, row.wire.responses)}
    assert wire in spoken, f"no row of PROVIDERS is on {wire}"


def has_its_own_test(house: House, wire: str) -> None:
    texts = [file.read_text() for file in house.tests.glob(f"test_{wire}*.py")]
    assert any(f"import {wire}" in text and "def test_" in text for text in texts), (
        f"no tests/unit/providers/wires/test_{wire}.py that tests it"
    )


def is_in_the_table(house: House, row: ProviderInfo) -> None:
    named = [row.wire.name] if row.wire.responses is None else [row.wire.name, row.wire.responses]
    for wire in named:
        assert wire in house.wires, f"{row.id} is on {wire}, which is not in WIRES"
    assert house.wires[row.wire.name].wire == row.wire


def adapters_are_in_the_table(house: House) -> None:
    found = {file.stem for file in house.modules.glob("*.py") if "\nADAPTER = " in file.read_text()}
    assert not found - set(house.wires), f"WIRES lacks {found - set(house.wires)}"


def streams_are_whole_or_have_failed(house: House, wire: str) -> None:
    """The recorded stream of text ends with one `Finished`, and cut anywhere it never passes for another answer."""
    adapter = _http(house, wire)
    recorded = sorted((house.fixtures / wire).glob("text*.sse"))
    assert recorded, f"no tests/fixtures/{wire}/text.sse"
    stream = recorded[0].read_bytes()
    whole = replay(adapter.new_parser, [stream])
    assert text_of(whole)
    assert _endings(whole) == [Finished(FinishReason.STOP)]
    for length in range(len(stream)):
        try:
            came = replay(adapter.new_parser, [stream[:length]])
        except ProviderMalformed:
            continue
        assert text_of(came) == text_of(whole), f"cut off after {length} bytes, the stream passes for a whole answer"
        assert _endings(came) == _endings(whole)


def requests_carry_address_and_key(house: House, wire: str) -> None:
    """The key stands in one header and nowhere else."""
    adapter = _http(house, wire)
    asked = _call(adapter)
    for stream in (True, False):
        request = adapter.build_request(asked, stream=stream)
        assert request.url.startswith(f"{asked.base_url}/")
        assert sum(KEY in value for value in request.headers.values()) == 1
        assert KEY not in request.url + json.dumps(request.body) + repr(request), "the key stands beside the header"
    without = adapter.build_request(_call(adapter, api_key=None), stream=False)
    assert without == replace(request, headers={n: v for n, v in request.headers.items() if KEY not in v})


def nothing_asked_for_is_dropped(house: House, wire: str) -> None:
    """A parameter changes what is sent, or is refused."""
    assert SAMPLES.keys() == Parameters.model_fields.keys()
    adapter = _http(house, wire)
    plain = adapter.build_request(_call(adapter), stream=True).body
    for name, value in SAMPLES.items():
        try:
            body = adapter.build_request(_call(adapter, **{name: value}), stream=True).body
        except InvalidRequest:
            continue
        assert body != plain, f"{name} is dropped silently"


def errors_are_known_by_their_status(house: House, wire: str) -> None:
    """Whatever the body is: a proxy's page, nothing, another server's form."""
    adapter = _http(house, wire)
    for status, kind in STATUSES.items():
        for body in (b"", b"<html></html>", b"[]", b'{"error": null}', b'{"error": "No."}', b'{"detail": "No."}'):
            error = adapter.parse_error(status, {}, body)
            assert (type(error), error.status) == (kind, status), body
            assert error.message


def what_is_no_answer_is_malformed(house: House, wire: str) -> None:
    adapter = _http(house, wire)
    for body in (b"", b"<html></html>", b"[]", b"7", b'{"answer": 42'):
        try:
            adapter.new_parser().whole(body)
        except ProviderMalformed:
            continue
        raise AssertionError(f"{body!r} passes for an answer")


def _http(house: House, wire: str) -> HttpAdapter:
    adapter = house.wires[wire]
    assert isinstance(adapter, HttpAdapter)
    return adapter


def _call(adapter: HttpAdapter, **given: Any) -> ProviderCall:
    return call("plain", "model-1", row=plain_row("plain", adapter.wire), **given)


def _endings(events: Sequence[ProviderEvent]) -> list[ProviderEvent]:
    return [event for event in events if isinstance(event, Finished)]
