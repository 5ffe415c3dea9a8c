"""What the local server says is ready of the machine's own model servers."""

import re
import socket
from collections.abc import Iterator

import pytest

from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.settings import Settings
from promptyard_local.listening import LOOPBACK
from promptyard_local.reachable import unanswered
from promptyard_local.server import banner
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream


def services(**environment: str) -> Parts:
    return whole(Settings(), environment)


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address that is taken, and that nobody answers at."""
    with socket.socket() as holder:
        holder.bind((LOOPBACK, 0))
        yield f"http://{LOOPBACK}:{holder.getsockname()[1]}"


def ready(told: str) -> list[str]:
    """The providers of the line that names them."""
    [line] = re.findall(r"^  ready +(.*)$", told, flags=re.MULTILINE)
    return line.split(", ")


@pytest.mark.parametrize("status", [200, 404, 500])
def test_who_answers_is_ready_whatever_it_says(upstream: FakeUpstream, nowhere: str, status: int) -> None:
    upstream.answer(Answer(status=status, steps=(b"{}",)))
    parts = services(OLLAMA_HOST=upstream.url, LMSTUDIO_BASE_URL=nowhere)
    assert unanswered(parts) == {"lmstudio": nowhere}
    assert upstream.requests[0].path == "/v1/models"


def test_the_banner_names_where_nobody_answers(upstream: FakeUpstream, nowhere: str) -> None:
    upstream.answer(Answer(steps=(b"{}",)))
    told = banner("http://127.0.0.1:8000", services(OLLAMA_HOST=upstream.url, LMSTUDIO_BASE_URL=nowhere), "in memory")
    assert {"ollama", "demo"} <= set(ready(told))
    assert "lmstudio" not in ready(told)
    assert f"lmstudio (nobody answers at {nowhere})" in " ".join(told.split())


def test_a_server_that_says_nothing_is_not_waited_for(upstream: FakeUpstream, nowhere: str) -> None:
    upstream.answer(Answer(steps=(End.HANG,), raw=True))
    parts = services(OLLAMA_HOST=upstream.url, LMSTUDIO_BASE_URL=nowhere)
    assert set(unanswered(parts)) == {"ollama", "lmstudio"}


def test_servers_elsewhere_are_not_asked(nowhere: str) -> None:
    parts = services(OLLAMA_HOST="http://models.example:11434", LMSTUDIO_BASE_URL=nowhere)
    assert set(unanswered(parts)) == {"lmstudio"}
