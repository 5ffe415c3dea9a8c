"""A collector of spans in a process of its own."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from tests.support.samples.chat_answers import JSON
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream


@contextmanager
def collector(*, answers: bool) -> Iterator[tuple[str, Connection]]:
    """In a process of its own. What is sent into the pipe is answered with how many spans have come."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_collect, args=(answers, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        ours.send(None)
        process.join(10)


def _collect(answers: bool, pipe: Connection) -> None:
    with FakeUpstream() as upstream:
        upstream.answer(Answer([b"{}"], headers=JSON) if answers else Answer([End.HANG], raw=True))
        pipe.send(upstream.url)
        while pipe.recv() is not None:
            pipe.send(len(upstream.requests))
