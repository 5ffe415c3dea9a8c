"""The server and a fake provider in processes of their own, for benchmarks: what is measured does not share an
interpreter with what measures it."""

import multiprocessing
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection

from tests.support.samples.chat_answers import chat_stream
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream

START_SECONDS = 60


@contextmanager
def server_process(environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """`python -m promptyard_local` on a free port, its data in memory; gives its address."""
    variables = {"PATH": os.environ["PATH"], "PORT": "0", "PROMPTYARD_DATA_DIR": ":memory:", **(environment or {})}
    variables.setdefault("PROMPTYARD_LOG_LEVEL", "ERROR")
    command = [sys.executable, "-m", "promptyard_local"]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found, "the server did not start"
            yield found.group()
        finally:
            process.terminate()
            process.wait(START_SECONDS)


Models = Mapping[str, tuple[int, float]]
"""By model: how many words it answers, and how many a second; 0 words hang."""


@contextmanager
def paced_upstream(models: Models) -> Iterator[tuple[str, Connection]]:
    """An OpenAI-compatible provider in a process of its own. Receiving a model's name from the pipe's other end, it
    sends back when the first word of that model's last answer was handed to the network (`time.perf_counter()`)."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(models, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        ours.send(None)
        process.join(START_SECONDS)


def _serve(models: Models, pipe: Connection) -> None:
    with FakeUpstream() as upstream:
        for model, (words, rate) in models.items():
            answer = chat_stream("word " * words, tokens_per_second=rate) if words else Answer([End.HANG])
            upstream.answer(answer, model=model)
        pipe.send(upstream.url)
        while (model := pipe.recv()) is not None:
            last = [request for request in upstream.requests if request.model == model][-1]
            pipe.send(last.sent[0][0])
