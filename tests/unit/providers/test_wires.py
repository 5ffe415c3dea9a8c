"""Every wire is whole: row, module, fixture and test. And the recipe in CONTRIBUTING, followed on an invented wire."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from promptyard.domain.models.catalogue import ProviderInfo
from promptyard.domain.models.provider_events import Finished, FinishReason, ProviderEvent
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.protocol import HttpAdapter, ProviderRequest
from promptyard.providers.registry import PROVIDERS, WIRES
from tests.support.checks import wires
from tests.support.checks.wires import HOUSE, House
from tests.support.samples import abacus
from tests.support.samples.abacus import bead_stream

Check = Callable[[House, str], None]

OF_ALL: list[Check] = [wires.has_its_module, wires.has_a_provider, wires.has_its_own_test]
OVER_HTTP: list[Check] = [
    wires.streams_are_whole_or_have_failed,
    wires.requests_carry_address_and_key,
    wires.nothing_asked_for_is_dropped,
    wires.errors_are_known_by_their_status,
    wires.what_is_no_answer_is_malformed,
]


def name_of(check: Any) -> str:
    return getattr(check, "__name__", str(check))


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("check", OF_ALL, ids=name_of)
def test_every_wire(wire: str, check: Check) -> None:
    check(HOUSE, wire)


@pytest.mark.parametrize("wire", [name for name, adapter in WIRES.items() if isinstance(adapter, HttpAdapter)])
@pytest.mark.parametrize("check", OVER_HTTP, ids=name_of)
def test_every_wire_over_http(wire: str, check: Check) -> None:
    check(HOUSE, wire)


@pytest.mark.parametrize("row", PROVIDERS, ids=lambda row: row.id)
def test_every_provider_is_on_a_wire_of_the_table(row: ProviderInfo) -> None:
    wires.is_in_the_table(HOUSE, row)


def test_every_adapter_is_in_the_table() -> None:
    wires.adapters_are_in_the_table(HOUSE)


# --- The recipe -------------------------------------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path) -> House:
    """After the recipe was followed: one row, a module, a fixture and a test more."""
    made = House(
        wires={**WIRES, "abacus": abacus.ADAPTER},
        rows=[*PROVIDERS, abacus.ROW],
        modules=tmp_path / "wires",
        fixtures=tmp_path / "fixtures",
        tests=tmp_path / "tests",
    )
    shutil.copytree(HOUSE.modules, made.modules, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(abacus.__file__, made.modules / "abacus.py")
    (made.fixtures / "abacus").mkdir(parents=True)
    (made.fixtures / "abacus/text.sse").write_bytes(bead_stream("Zwölf", " beads", " 🐻"))
    made.tests.mkdir()
    (made.tests / "test_abacus.py").write_text("from promptyard.providers.wires import abacus\n\ndef test_it() …")
    return made


def check_all(house: House) -> None:
    """As the tests above do."""
    for wire in house.wires.keys() - WIRES.keys():
        for check in (*OF_ALL, *OVER_HTTP):
            check(house, wire)
    for row in house.rows:
        wires.is_in_the_table(house, row)
    wires.adapters_are_in_the_table(house)


def speaking(house: House, **changes: Any) -> House:
    return replace(house, wires={**WIRES, "abacus": replace(abacus.ADAPTER, **changes)})


def with_the_module_alone(house: House) -> House:
    return replace(house, wires=WIRES, rows=PROVIDERS)


def without_the_tables_entry(house: House) -> House:
    return replace(house, wires=WIRES)


def without_the_row(house: House) -> House:
    return replace(house, rows=PROVIDERS)


def with_another_name_for_the_module(house: House) -> House:
    (house.modules / "abacus.py").rename(house.modules / "counter.py")
    return house


def without_the_fixture(house: House) -> House:
    shutil.rmtree(house.fixtures)
    return house


def without_the_test(house: House) -> House:
    (house.tests / "test_abacus.py").unlink()
    return house


class Lenient(abacus.BeadParser):
    """Takes the end of the bytes for the end of the answer."""

    def end(self) -> list[ProviderEvent]:
        return [Finished(FinishReason.STOP)]


def with_the_end_of_the_bytes_for_an_ending(house: House) -> House:
    return speaking(house, new_parser=Lenient)


def with_a_parameter_dropped(house: House) -> House:
    def build_request(call: ProviderCall, *, stream: bool) -> ProviderRequest:
        quiet = call.parameters.model_copy(update={"seed": None})
        return abacus.build_request(replace(call, parameters=quiet), stream=stream)

    return speaking(house, build_request=build_request)


def with_the_key_in_the_url(house: House) -> House:
    def build_request(call: ProviderCall, *, stream: bool) -> ProviderRequest:
        made = abacus.build_request(call, stream=stream)
        return replace(made, url=f"{made.url}?key={made.headers.get('x-abacus-key')}")

    return speaking(house, build_request=build_request)


def test_the_recipe_followed_to_its_end_is_all_that_it_takes(house: House) -> None:
    check_all(house)


@pytest.mark.parametrize(
    ("half_done", "fault"),
    [
        (with_the_module_alone, "WIRES lacks {'abacus'}"),
        (without_the_tables_entry, "abacus is on abacus, which is not in WIRES"),
        (without_the_row, "no row of PROVIDERS is on abacus"),
        (with_another_name_for_the_module, "no module providers/wires/abacus.py"),
        (without_the_fixture, "no tests/fixtures/abacus/text.sse"),
        (without_the_test, "no tests/unit/providers/wires/test_abacus.py"),
        (with_the_end_of_the_bytes_for_an_ending, "the stream passes for a whole answer"),
        (with_a_parameter_dropped, "seed is dropped silently"),
        (with_the_key_in_the_url, "the key stands beside the header"),
    ],
    ids=name_of,
)
def test_the_recipe_half_followed_is_red(house: House, half_done: Callable[[House], House], fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        check_all(half_done(house))


@pytest.mark.parametrize("field", ["base_url", "key_variables"])
def test_a_row_without_its_address_or_its_key_cannot_be_written(field: str) -> None:
    row = abacus.ROW.model_dump(exclude={field, "base_url_variables"})
    with pytest.raises(ValueError, match=r"abacus (needs base_url|requires a key)"):
        ProviderInfo.model_validate(row)
