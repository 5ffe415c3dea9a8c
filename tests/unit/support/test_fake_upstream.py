"""The fake provider itself: what other tests measure with has to be right."""

import gc
import socket
import threading
import time
import warnings

import httpx

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


def test_a_pace_does_not_drift() -> None:
    words, rate = 400, 400
    with FakeUpstream() as upstream:
        upstream.answer(chat_stream("word " * words, first_token_seconds=0.05, tokens_per_second=rate))
        began = time.perf_counter()
        post(upstream)
        times = [at for at, piece in upstream.requests[0].sent if b'"word' in piece or b'" word' in piece]
        late = [at - began - 0.05 - number / rate for number, at in enumerate(times)]

    assert len(times) == words
    assert min(late) >= 0  # never early
    # However late a busy machine makes some: what is slept too long at one word is not added to the next ones'. Slept
    # from word to word they would all be late by what each took too long, 400 times some 0.2 ms at least.
    assert min(late[-words // 4 :]) - min(late[: words // 4]) < 0.04


def test_whoever_dials_while_it_ends_leaves_no_socket_open() -> None:
    """As a provider's client does whose answer was cut: it dials again at once."""
    dialled: list[socket.socket] = []

    def dial(port: int) -> None:
        for _ in range(40):
            try:
                dialled.append(socket.create_connection(("127.0.0.1", port)))
            except OSError:  # it has ended
                return

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(10):
            with FakeUpstream() as upstream:
                caller = threading.Thread(target=dial, args=[upstream.port])
                caller.start()
            caller.join()
            while dialled:
                dialled.pop().close()
        gc.collect()
    assert not [str(one.message) for one in told if one.category is ResourceWarning]
