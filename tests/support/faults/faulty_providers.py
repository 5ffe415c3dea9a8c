"""Servers of ours whose providers, on every wire, are one that is told its faults, one that refuses, and two whose TLS
is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.faults.fault_routes import Kept, make_kept
from tests.support.faults.provider_faults import answer_faults
from tests.support.servers import fake_bedrock
from tests.support.servers.certificates import trusted_context
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

DEADLINE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class FaultyProviders:
    servers: Mapping[str, RunningServer]
    """By the place of the fault (`fault_answers.Fault`)."""
    upstreams: Mapping[str, FakeUpstream]
    kept: Kept

    @property
    def open_connections(self) -> int:
        """Of providers."""
        return sum(upstream.open_connections for upstream in self.upstreams.values())


@contextmanager
def faulty_providers(
    start_server: StartServer, directory: Path, monkeypatch: pytest.MonkeyPatch, places: Sequence[str]
) -> Iterator[FaultyProviders]:
    """With a server for each of these places."""
    authority = directory / "authority.pem"
    context = trusted_context(["other.example"], authority)
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SSL_CERT_FILE", "AWS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(authority))
    with FakeUpstream() as gone:
        refusing = gone.url
    with FakeUpstream() as scripted, FakeUpstream(context) as misnamed:
        urls = {
            "scripted": scripted.url,
            "refusing": refusing,
            "wrong name": misnamed.url,
            "no tls": scripted.url.replace("http:", "https:"),
        }
        answer_faults(scripted)
        answer_faults(misnamed)
        servers = {place: _server(start_server, url, monkeypatch) for place, url in urls.items() if place in places}
        kept = make_kept(servers["scripted"].client)
        yield FaultyProviders(servers, {"scripted": scripted, "wrong name": misnamed}, kept)


def _server(start_server: StartServer, url: str, monkeypatch: pytest.MonkeyPatch) -> RunningServer:
    variables = {
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": f"{url}/v1",
        "ANTHROPIC_API_KEY": "sk-ant-test",
        "ANTHROPIC_BASE_URL": url,
        "GEMINI_API_KEY": "AIza-test",
        "GOOGLE_GEMINI_BASE_URL": url,
        "PROMPTYARD_RUN_DEADLINE_SECONDS": str(DEADLINE_SECONDS),
        "PROMPTYARD_REMEMBER_STREAMS": "false",
    }
    for name, value in fake_bedrock.environment(url).items():
        monkeypatch.setenv(name, value)
    server = start_server(variables)
    # Bedrock's client reads the process's environment, when it is first called.
    server.client.post(
        "/api/v1/playground/run", json={"provider": "bedrock", "model": "m", "prompt_text": "fault <400> number 0"}
    )
    return server
