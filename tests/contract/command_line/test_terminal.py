"""What a person sees of `compare` and `bench` in terminals of 80 and 200 columns, frame by frame.

`pytest -m "hard or not hard" -s -k frames tests/contract/command_line/test_terminal.py` shows some of the frames.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from wcwidth import wcswidth

from promptyard_cli.client import Client
from tests.support.servers.server import RunningServer
from tests.support.terminal import Recording, record

WIDE_PROMPT = "Explain 事件循环 and 🙂 in one sentence."
SLOW = ("-o", "extra", '{"delay_ms": 15}')
COLOURS = re.compile(rb"\x1b\[[0-9;]*m")
EDGES = "│┌└├"
Record = Callable[..., Recording]


@pytest.fixture
def recorded(server: RunningServer, tmp_path: Path) -> Record:
    def run(*arguments: str, environment: dict[str, str] | None = None, **size: object) -> Recording:
        given = {"PROMPTYARD_URL": server.url, "HOME": str(tmp_path), **(environment or {})}
        return record(arguments, given, **size)  # type: ignore[arg-type]

    return run


def screens(recording: Recording) -> list[str]:
    return ["\n".join(line.rstrip() for line in frame) for frame in recording.frames]


def shown(recording: Recording) -> None:
    for frame in (screens(recording)[len(recording.frames) // 2], recording.last):
        print(f"\n{frame}")


@pytest.mark.parametrize("columns", [80, pytest.param(200, marks=pytest.mark.hard)])
def test_the_frames_of_a_comparison(recorded: Record, columns: int) -> None:
    models = ["-m", "demo/writer", "-m", "demo/echo", "-m", "demo/thinker", "-m", "nobody"]
    recording = recorded("compare", *models, *SLOW, WIDE_PROMPT, columns=columns, lines=30)
    shown(recording)
    assert recording.exit_code == 0
    assert any("first after –" in screen and "…" in screen for screen in screens(recording))
    for told in ("demo/writer", "demo/echo", "demo/thinker", "nobody", "Model not found", "tok/s", "$0.00", "事件循环"):
        assert told in recording.last
    boxes = [line for line in recording.last.split("\n") if line[:1] in EDGES]
    assert {wcswidth(line) for line in boxes} == {columns}
    assert len(boxes) == len(recording.last.split("\n"))


@pytest.mark.hard
@pytest.mark.parametrize("columns", [80, 200])
def test_the_frames_of_a_benchmark(server: RunningServer, recorded: Record, columns: int) -> None:
    with Client(server.url) as client:
        dataset = client.datasets.create("rows")
        rows = "\n".join(f'{{"variables": {{"word": "事{n}"}}, "reference": "事{n}"}}' for n in range(20)).encode()
        client.datasets.add_version(dataset["id"], rows)
        client.benchmarks.create(
            name="Wörter 事件",
            dataset_id=dataset["id"],
            template="{{word}}",
            targets=[{"model": "demo/echo", "parameters": {"extra": {"delay_ms": 200}}}, {"model": "demo/writer"}],
            concurrency=4,
            metrics=[{"metric": "exact_match"}],
            gates=[{"metric": "exact_match", "op": ">=", "value": 0.9}],
        )
    recording = recorded("bench", "run", "Wörter 事件", columns=columns, lines=30)
    shown(recording)
    assert recording.exit_code == 1
    going = [screen for screen in screens(recording) if re.search(r"\d/40", screen)]
    assert going
    assert any(re.search(r"━.*\d/40 \$0\.00 · .* left", screen) for screen in going)
    for told in ("Wörter 事件: completed, 40 of 40 cells", "FAILED", "exact_match", "does worse than"):
        assert told in recording.last
    assert "━" not in recording.last


def test_ctrl_c_stops_all_and_settles(server: RunningServer, recorded: Record) -> None:
    recording = recorded(
        "compare",
        *("-m", "demo/writer", "-m", "demo/writer", "-o", "extra", '{"delay_ms": 200}'),
        "Explain.",
        interrupt_when=lambda screen: "You asked:" in screen,
    )
    assert recording.exit_code == 130
    assert "cancelled" in recording.last
    assert "You" in recording.last
    runs = server.client.get("/api/v1/playground/history").json()["items"]
    assert [run["status"] for run in runs] == ["cancelled", "cancelled"]


def test_where_nobody_answers_there_is_one_line(recorded: Record) -> None:
    asked = ("--url", "http://127.0.0.1:9", "compare", "-m", "demo/echo", "-m", "demo/echo", "Hi")
    recording = recorded(*asked, columns=200)
    assert recording.exit_code == 2
    assert recording.last.startswith("promptyard: No server answers")
    assert "\n" not in recording.last


def test_a_terminal_gets_no_commands_from_a_model(recorded: Record) -> None:
    recording = recorded("run", "-m", "demo/echo", "title \x1b]0;mine\x07 and \x1b[31mred")
    assert b"\x1b]0;" not in recording.raw
    assert not COLOURS.findall(recording.raw)
    compared = recorded("compare", "-m", "demo/echo", "-m", "demo/echo", "\x1b]0;mine\x07")
    assert b"\x1b]0;" not in compared.raw


@pytest.mark.hard
def test_without_colours_where_they_are_not_wanted(recorded: Record) -> None:
    colourful = recorded("compare", "-m", "demo/echo", "-m", "nobody", "Hi")
    plain = recorded("compare", "-m", "demo/echo", "-m", "nobody", "Hi", environment={"NO_COLOR": "1"})
    coloured = re.compile(rb"\x1b\[(?:[0-9]+;)*3[0-7]m")
    assert coloured.search(colourful.raw)
    assert not coloured.search(plain.raw)
