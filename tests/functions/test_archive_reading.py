"""An archive's lines are read back as what they were made of, with every field that it may have; what was changed in an
archive is refused by name."""

import asyncio
import io
import json
import struct
import tracemalloc
import warnings
import zipfile
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any
from unittest.mock import AsyncMock

import pytest

from functions.account.archive import archive_response, line_of
from functions.account.archive_reading import KINDS, TenantArchive, open_archive
from promptyard.api import zip_reading
from promptyard.domain.account.access import Caller, Role
from promptyard.domain.benchmarks.benchmark import Benchmark, BenchmarkRun, CellResult, Column
from promptyard.domain.benchmarks.datasets import Dataset, DatasetVersion, Row, RowContent
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport
from promptyard.domain.errors import InvalidRequest
from promptyard.domain.identifiers import random_id
from promptyard.domain.models.targets import Target
from promptyard.domain.playgrounds.blueprints import LlmBlueprint
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
from promptyard.domain.playgrounds.playground import Playground
from promptyard.domain.prompts.names import prompt_id, version_id
from promptyard.domain.prompts.prompt import Prompt, PromptVersion
from promptyard.domain.runs.metrics.registry import PLAYGROUND_METRICS
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.domain.runs.run import Run, RunLinks
from promptyard.domain.runs.run_metrics import ModerationReport
from promptyard.domain.runs.saved_runs import SavedRun
from promptyard.domain.tenant_data.importing import IMPORTED, ImportPosition
from promptyard.services.tenant_data.import_outcomes import IMPORTED_NOW, ImportInto
from promptyard.services.tenant_data.importing import TenantImport
from tests.support.samples.generated.filled_models import filled

TENANT = "text"
"""As filled models have it."""
SPECS = [MetricSpec(metric="exact_match", name="same")]
TARGET = Target(provider="demo", model="echo")
BENCHMARK = filled(
    Benchmark, id=random_id(), dataset_id=random_id(), metrics=SPECS, targets=[TARGET], version_ids=[random_id()]
)
VERSION = filled(DatasetVersion, id=random_id(), dataset_id=random_id(), row_count=2)
THINGS: dict[str, Any] = {
    "playgrounds": filled(Playground, id=random_id()),
    "prompts": filled(Prompt),
    "prompt_versions": filled(PromptVersion, prompt_id=prompt_id(TENANT, "text", "text")),
    "llm_blueprints": filled(LlmBlueprint, id=random_id(), playground_id=random_id()),
    "metric_configurations": filled(
        MetricConfiguration, id=random_id(), playground_id=random_id(), metric=PLAYGROUND_METRICS[0]
    ),
    "datasets": filled(Dataset, id=random_id()),
    "dataset_versions": VERSION,
    "benchmarks": BENCHMARK,
    "benchmark_runs": filled(
        BenchmarkRun, id=random_id(), benchmark=BENCHMARK, columns=[filled(Column, target=TARGET)], baseline=0
    ),
    "benchmark_cells": (random_id(), filled(CellResult)),
    "benchmark_reports": filled(BenchmarkReport, benchmark_id=random_id(), run_id=random_id()),
    "saved_runs": filled(SavedRun, id=random_id()),
    "runs": filled(Run, id=random_id()),
    "moderation_reports": (random_id(), filled(ModerationReport, run_id=random_id())),
}
ROWS = [Row.of(VERSION.id, number, filled(RowContent, metrics=SPECS)) for number in (1, 2)]


def made(things: Mapping[str, Sequence[Any]], tenant: str = TENANT) -> bytes:
    """The archive of an export of these things."""

    async def pages() -> AsyncGenerator[tuple[str, Sequence[Any]], None]:
        for kind in KINDS:
            yield kind, things.get(kind, [])

    async def whole() -> bytes:
        response = await archive_response(tenant, pages())
        return b"".join([bytes(piece) async for piece in response.body_iterator])  # type: ignore[arg-type]

    return asyncio.run(whole())


def opened(archive: bytes, tenant: str = TENANT) -> TenantArchive:
    return open_archive(io.BytesIO(archive), tenant)


def read(archive: TenantArchive, kind: str) -> list[Any]:
    async def whole() -> list[Any]:
        if kind == "dataset_rows":
            return [row async for row in archive.rows()]
        return [thing async for batch in archive.batches(kind) for thing in batch]

    found = asyncio.run(whole())
    return [report for report, _ in found] if kind == "benchmark_reports" else found


def test_the_table_is_complete() -> None:
    assert tuple(THINGS) == IMPORTED


@pytest.mark.parametrize("kind", THINGS)
def test_a_thing_with_everything_is_read_back(kind: str) -> None:
    line = line_of(kind, THINGS[kind])
    [thing] = read(opened(made({kind: [THINGS[kind]]})), kind)
    again = line_of(kind, thing)
    assert json.loads(again) == json.loads(line)


def test_rows_are_read_back() -> None:
    found = read(opened(made({"dataset_rows": ROWS})), "dataset_rows")
    assert [(row_id, row.json_text()) for row_id, row in found] == [(row.id, row.json_text()) for row in ROWS]


def test_of_another_tenant_prompts_and_what_names_them_are_the_tenants_own() -> None:
    archive = opened(made({kind: [thing] for kind, thing in THINGS.items()}), "other")
    there, here = prompt_id(TENANT, "text", "text"), prompt_id("other", "text", "text")
    assert there != here
    [prompt] = read(archive, "prompts")
    assert (prompt.tenant, prompt.id) == ("other", here)
    [version] = read(archive, "prompt_versions")
    assert (version.prompt_id, version.number) == (here, 7)
    assert "other" not in json.dumps([line_of(kind, read(archive, kind)[0]) for kind in THINGS])


def test_ids_of_prompts_are_others_wherever_they_stand() -> None:
    there, here = prompt_id(TENANT, "text", "text"), prompt_id("other", "text", "text")
    old, new = version_id(there, 3), version_id(here, 3)
    watch = BENCHMARK.watch.model_copy(update={"prompt_id": there})
    benchmark = BENCHMARK.model_copy(update={"prompt_id": there, "version_ids": [old, old], "watch": watch})
    column = THINGS["benchmark_runs"].columns[0].model_copy(update={"version_id": old})
    run_of = {"benchmark": benchmark, "columns": [column], "version_id": old}
    links = RunLinks(prompt_id=there, version_id=old, version_number=3)
    things = {
        "prompts": THINGS["prompts"],
        "llm_blueprints": THINGS["llm_blueprints"].model_copy(update={"prompt_version_id": old}),
        "benchmarks": benchmark,
        "benchmark_runs": THINGS["benchmark_runs"].model_copy(update=run_of),
        "saved_runs": THINGS["saved_runs"].model_copy(update={"prompt_id": there, "version_id": old}),
        "runs": THINGS["runs"].model_copy(update={"links": links}),
    }
    archive = opened(made({kind: [thing] for kind, thing in things.items()}), "other")
    for kind, thing in things.items():
        line = line_of(kind, thing)
        moved = line.replace(there, here).replace(old, new)
        assert moved != line
        assert json.loads(line_of(kind, read(archive, kind)[0])) == json.loads(moved), kind


@cache
def everything() -> bytes:
    things = {kind: [thing] for kind, thing in THINGS.items()}
    return made({**things, "dataset_rows": ROWS})


def all_of(archive: bytes) -> dict[str, list[Any]]:
    found = opened(archive)
    return {kind: read(found, kind) for kind in (*IMPORTED, "dataset_rows")}


def test_one_that_was_cut_anywhere_is_none() -> None:
    whole = everything()
    assert opened(whole)
    lengths = {*range(0, len(whole), 97), *range(len(whole) - 300, len(whole))}
    for length in lengths:
        with pytest.raises(InvalidRequest):
            opened(whole[:length])


def test_one_that_was_changed_anywhere_is_refused_or_says_the_same() -> None:
    whole, random = everything(), Random(20)
    expected = all_of(whole)
    refused = 0
    for _ in range(100):
        changed = bytearray(whole)
        near_the_end = random.random() < 0.5
        place = random.randrange(len(whole) - 2_000 if near_the_end else 0, len(whole))
        changed[place] ^= 1 << random.randrange(8)
        try:
            found = all_of(bytes(changed))
        except InvalidRequest:
            refused += 1
        else:
            assert found == expected
    assert refused > 30


def rewritten(changes: Mapping[str, bytes | None], more: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """An archive with other files in the place of its own, without those that are None, and with more."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(everything())) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = changes.get(name, old.read(name))
            if text is not None:
                new.writestr(name, text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a name that is there twice
            for name, text in more:
                new.writestr(name, text)
    return file.getvalue()


def manifest(**changes: Any) -> bytes:
    with zipfile.ZipFile(io.BytesIO(everything())) as archive:
        said = json.loads(archive.read("manifest.json"))
    return json.dumps({**said, **changes}).encode()


@pytest.mark.parametrize(
    ("archive", "fault"),
    [
        (b"", "no ZIP archive"),
        (b"{}" * 100, "no ZIP archive"),
        (rewritten({"manifest.json": None}), "manifest.json is not in it"),
        (rewritten({"runs.jsonl": None}), "runs.jsonl is not in the archive"),
        (rewritten({}, [("../../etc/passwd", b"x")]), "there is a file '../../etc/passwd' in it"),
        (rewritten({}, [("/runs.jsonl", b"x")]), "there is a file '/runs.jsonl' in it"),
        (rewritten({}, [("runs.jsonl", b"")]), "runs.jsonl is in the archive more than once"),
        (rewritten({}, [(f"{n}", b"") for n in range(100)]), "too many files"),
        (rewritten({}) + b"more", "no ZIP archive"),
        (b"before" + rewritten({}), "its directory is not where its end says"),
        (rewritten({"manifest.json": b"[]"}), "manifest.json: "),
        (rewritten({"manifest.json": b"{"}), "manifest.json: "),
        (rewritten({"manifest.json": b" " * 200_000}), "manifest.json is over 100,000 bytes"),
        (rewritten({"manifest.json": manifest(version=2)}), "a newer Promptyard made it"),
        (rewritten({"manifest.json": manifest(version=2, things=1)}), "a newer Promptyard made it"),
        (rewritten({"manifest.json": manifest(form="other")}), "something else"),
        (rewritten({"manifest.json": manifest(things={})}), "does not count"),
        (rewritten({"manifest.json": manifest(tenant=None)}), "manifest.json: tenant"),
        (rewritten({"manifest.json": manifest(exported_at="x")}), "manifest.json: exported_at"),
    ],
)
def test_what_is_no_archive_of_ours_is_refused_by_name(archive: bytes, fault: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        opened(archive)
    assert fault in refused.value.message
    assert refused.value.kind == "archive"


GOOD = {kind: json.loads(line_of(kind, thing)) for kind, thing in THINGS.items()}


@pytest.mark.parametrize(
    ("kind", "line", "fault"),
    [
        ("runs", b"", "no end"),
        ("runs", b"{}", "no end"),
        ("runs", b"\n", ""),
        ("runs", b"[]\n", "no JSON object"),
        ("runs", b"{\n", ""),
        ("runs", b"\xff\n", ""),
        ("runs", b"[" * 5_000 + b"\n", ""),
        ("runs", b'{"record": {}}\n', "id: Field required"),
        ("runs", b'{"record": 7}\n', "record: there is none"),
        ("saved_runs", {"id": "../x"}, "id is no id"),
        ("saved_runs", {"id": None}, "id is no id"),
        ("saved_runs", b'{"id": 1e999}\n', "not JSON compliant"),
        ("playgrounds", {"id": 7}, "id is no id"),
        ("playgrounds", {"created_at": "yesterday"}, "created_at: "),
        ("playgrounds", {"name": {"secret": "text"}}, "name: Input should be a valid string"),
        ("prompts", {"slug": "other"}, "id is not its name's"),
        ("prompts", {"slug": "a#b"}, "namespace/slug"),
        ("prompts", {"labels": {"1": 1}}, "no label"),
        ("prompts", {"labels": {"text": 10**40}}, "a version's number"),
        ("prompts", {"aliases": {"a/b": "2026-11-29T12:30:15Z"}}, "no alias"),
        ("prompt_versions", {"prompt_id": random_id()}, "prompt_id is not its name's"),
        ("prompt_versions", {"number": 0}, "a version's number"),
        ("metric_configurations", {"metric": "later"}, "metric: it is not known here"),
        ("benchmarks", {"metrics": [{"metric": "later"}]}, "metrics: there is one that is not known here"),
        ("saved_runs", {"created_at": "2026-11-29T12:30:15"}, "no offset from UTC"),
        ("moderation_reports", {"created_at": "2026-11-29T12:30:15"}, "no offset from UTC"),
        ("benchmark_runs", {"benchmark": None}, "benchmark: there is none"),
        ("benchmark_runs", {"baseline": 7}, "baseline: there is no such column"),
        ("benchmark_runs", {"version_id": "x" * 101}, "one of its ids is none"),
        ("benchmark_runs", {"cost_usd": 1e200}, "a cost is 0 to 1,000,000,000 US dollars"),
        ("benchmark_cells", {"benchmark_run_id": "../x"}, "benchmark_run_id is no id"),
        ("benchmark_cells", {"judge_cost_usd": -1}, "a cost is 0 to 1,000,000,000 US dollars"),
        ("benchmark_reports", {"run_id": None}, "run_id is no id"),
        ("benchmark_reports", {"columns": 7}, "columns: "),
        ("playgrounds", b'{"name": [' + b"[]," * 600_000 + b"[]]}\n", "over 1,000,000 values"),
        ("playgrounds", {"created_at": "x", "name": ",[{" * 400_000}, "created_at: "),
        ("moderation_reports", {"playground_id": "a#b"}, "playground_id is no id"),
    ],
)
def test_a_wrong_line_is_refused_by_its_file_and_number(kind: str, line: Any, fault: str) -> None:
    bad = line if isinstance(line, bytes) else json.dumps({**GOOD[kind], **line}).encode() + b"\n"
    good = json.dumps(GOOD[kind]).encode() + b"\n"
    archive = rewritten({f"{kind}.jsonl": good + (bad or b"{")})
    with pytest.raises(InvalidRequest) as refused:
        read(opened(archive), kind)
    assert refused.value.message.startswith(f"{kind}.jsonl, line 2: ")
    assert fault in refused.value.message
    assert "secret" not in refused.value.message


def test_one_that_is_too_large_unpacked_is_refused_before_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = rewritten({"runs.jsonl": b" " * 3_000_000})
    assert len(bomb) < 40_000
    opened(bomb)
    monkeypatch.setattr(zip_reading, "MAX_UNPACKED_BYTES", 3_000_000)
    with pytest.raises(InvalidRequest, match="when it is unpacked"):
        opened(bomb)


def test_a_line_that_is_too_long_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_reading, "MAX_LINE_BYTES", 100_000)
    with pytest.raises(InvalidRequest, match="line 1: it is over"):
        read(opened(rewritten({"runs.jsonl": b" " * 3_000_000})), "runs")


def directory_changed(archive: bytes, name: str, change: Callable[[bytearray, int], None]) -> bytes:
    """`change` is given the archive and where the directory's entry of that file begins."""
    changed = bytearray(archive)
    start = struct.unpack("<L", archive[-6:-2])[0]
    place = archive.index(name.encode(), start) - 46
    assert archive[place : place + 4] == b"PK\x01\x02"
    change(changed, place)
    return bytes(changed)


def test_a_directory_that_lies_is_not_believed() -> None:
    def shorter(archive: bytearray, place: int) -> None:
        struct.pack_into("<L", archive, place + 24, 10)

    def elsewhere(archive: bytearray, place: int) -> None:
        struct.pack_into("<L", archive, place + 42, 0)

    def encrypted(archive: bytearray, place: int) -> None:
        archive[place + 8] |= 1

    def otherwise(archive: bytearray, place: int) -> None:
        struct.pack_into("<H", archive, place + 10, zipfile.ZIP_LZMA)

    whole = rewritten({})
    with pytest.raises(InvalidRequest, match=r"playgrounds\.jsonl"):
        read(opened(directory_changed(whole, "playgrounds.jsonl", shorter)), "playgrounds")
    for change, fault in ((elsewhere, "overlaps"), (encrypted, "encrypted"), (otherwise, "compressed in another way")):
        with pytest.raises(InvalidRequest, match=fault):
            opened(directory_changed(whole, "metric_configurations.jsonl", change))


class NoWriters:
    """Takes everything and keeps nothing."""

    async def into(self, caller: Caller) -> ImportInto:
        return ImportInto(caller.tenant, None, None)

    async def write(self, kind: str, thing: Any, into: ImportInto) -> None:
        into.count(kind, kind, IMPORTED_NOW)


def taken_with_peak(runs: int) -> int:
    """How many bytes Python had allocated at the most while an archive of so many runs was taken."""
    text = "x" * 19_000
    run = THINGS["runs"].model_copy(update={"output": text, "reasoning": text})
    archive = opened(made({"runs": [run.model_copy(update={"id": random_id()}) for _ in range(runs)]}))
    writers: Any = NoWriters()
    taking = TenantImport(writers, AsyncMock()).take(Caller(TENANT, Role.ADMIN), archive, ImportPosition(), 600)
    tracemalloc.start()
    try:
        report = asyncio.run(taking)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (report.next, report.imported) == (None, {"runs": runs})
    return peak


def test_the_memory_does_not_grow_with_the_archive() -> None:
    few, many = taken_with_peak(50), taken_with_peak(400)
    assert many < few + 2_000_000


def test_a_line_of_many_values_takes_no_more_memory_than_itself() -> None:
    line = b'{"id": [' + b"[]," * 3_000_000 + b"[]]}\n"
    archive = opened(rewritten({"playgrounds.jsonl": line}))
    tracemalloc.start()
    try:
        with pytest.raises(InvalidRequest, match="over 1,000,000 values"):
            read(archive, "playgrounds")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(line)
