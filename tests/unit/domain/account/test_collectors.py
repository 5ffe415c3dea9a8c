"""A tenant's collector, as it is kept: one secret, bound to the collector's own address."""

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from promptyard.domain.account.collectors import Collector

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("content", [True, False])
def test_what_is_kept_is_the_collector_again(content: bool) -> None:
    headers = {"authorization": SecretStr("Bearer of-theirs"), "x-team": SecretStr("a")}
    collector = Collector(endpoint="https://spans.example/otlp", headers=headers, content=content, updated_at=NOW)
    kept = collector.kept()
    assert kept.origin == "https://spans.example"
    assert kept.updated_at == NOW
    assert "of-theirs" not in repr(kept)
    again = Collector.of_kept(kept)
    assert again == collector
    destination = again.destination()
    assert destination.headers == {"authorization": "Bearer of-theirs", "x-team": "a"}
    assert destination.url == "https://spans.example/otlp/v1/traces"
    assert destination.content is content
