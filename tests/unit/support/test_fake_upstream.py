"""The fake provider itself: what other tests measure with has to be right."""

import statistics
import time

import httpx
import pytest

from tests.support.samples.chat_answers import chat_stream, failure
from tests.support.servers.fake_upstream import Answer, FakeUpstream


def post(upstream: FakeUpstream, model: str = "m", path: str = "/v1/chat/completions") -> httpx.Response:
    return httpx.post(f"{upstream.url}{path}", json={"model": model}, trust_env=False)


def test_the_first_rule_that_fits_answers() -> None:
    with FakeUpstream() as upstream:
        upstream.answer(failure(429, retry_after="1"), model="a", times=1)
        upstream.answer(Answer([b"a"]), model="a")
        upstream.answer(Answer([b"other"]), path="/v2")
        upstream.answer(lambda request: Answer([f"{request.model} on {request.path}".encode()]), model="b")

        assert post(upstream, "a").status_code == 429
        assert post(upstream, "a").text == "a"
        assert post(upstream, "b", "/v2/x").text == "other"
        assert post(upstream, "b", "/v1/x").text == "b on /v1/x"
        assert post(upstream, "c").status_code == 404
        assert [request.model for request in upstream.requests] == ["a", "a", "b", "b", "c"]


def test_connections_are_kept_and_counted() -> None:
    with FakeUpstream() as upstream, httpx.Client(trust_env=False) as client:
        upstream.answer(Answer([b"a", b"b"]))
        for _ in range(50):
            assert client.post(upstream.url, json={}).text == "ab"

        assert upstream.connections == 1
        assert len(upstream.requests) == 50


@pytest.mark.parametrize("rate", [50, 400])
def test_a_pace_does_not_drift(rate: int) -> None:
    with FakeUpstream() as upstream:
        upstream.answer(chat_stream("word " * 40, first_token_seconds=0.05, tokens_per_second=rate))
        began = time.perf_counter()
        post(upstream)
        times = [at for at, piece in upstream.requests[0].sent if b'"word' in piece or b'" word' in piece]
        late = [at - began - 0.05 - number / rate for number, at in enumerate(times)]

    assert len(times) == 40
    assert min(late) >= 0  # never early
    assert statistics.median(late) < 0.1  # generous: what matters is that it does not grow with the words
