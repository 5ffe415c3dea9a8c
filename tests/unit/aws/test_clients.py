from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from promptyard.aws.clients import Clients
from promptyard.providers.wires.bedrock_client import make_client


class Closeable:
    closed = False

    def close(self) -> None:
        self.closed = True


def test_threads_that_ask_at_once_get_the_same_client() -> None:
    made: list[Any] = []
    together = Barrier(8)

    def make(config: Any) -> Any:
        made.append(config)
        return Closeable()

    clients = Clients({"dynamodb": make})

    def ask(_: int) -> Any:
        together.wait()
        return clients.get("dynamodb")

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(ask, range(8)))
    assert len(made) == 1
    assert all(client is found[0] for client in found)
    clients.close()
    assert found[0].closed


def test_a_service_that_is_silent_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    clients = Clients()
    config = clients.dynamodb().meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries) == (
        2,
        4,
        {"mode": "standard", "total_max_attempts": 3},
    )
    assert clients.s3().meta.config.read_timeout == 20
    clients.close()


def test_all_clients_are_of_one_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bedrock's too, which is made elsewhere."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    for region, variables in (
        ("eu-west-1", {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-central-1"}),
        ("eu-central-1", {"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-central-1"}),
    ):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        clients = Clients()
        made = [clients.dynamodb(), make_client()]
        assert [client.meta.region_name for client in made] == [region, region]
        for client in made:
            client.close()
