"""What metrics and spans add to a run: python -m tests.performance.telemetry

Local servers without, with a collector that answers, and with one that never does, the deployment's and a tenant's,
asked in turn, so that what else the machine does meets all of them alike. Then, within this process, the work of a
run's line and span alone.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack

import httpx

from promptyard.aws.metric_lines import metric_line
from promptyard.domain.models.usage import Usage
from promptyard.providers.telemetry.span import export_request, span_of
from tests.performance.telemetry.collector import collector
from tests.support.samples.sample_runs import new_run, settled
from tests.support.servers.processes import server_process

WARM_UP = 30
RUNS = 1_000
BODY = {"model": "demo/echo", "prompt_text": "one two three", "parameters": {"extra": {"delay_ms": 0}}}
PAUSE_SECONDS = 0.02
"""After each run, so that what goes on beside it is in no other one's time."""
REPEATS = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="of each server")
    runs = parser.parse_args().runs
    with ExitStack() as stack:
        clients = {"without": _client(stack)}
        answering, asked = stack.enter_context(collector(answers=True))
        clients["with spans"] = _client(stack, OTEL_EXPORTER_OTLP_ENDPOINT=answering)
        silent, _ = stack.enter_context(collector(answers=False))
        clients["with a collector that hangs"] = _client(stack, OTEL_EXPORTER_OTLP_ENDPOINT=silent)
        clients["with a tenant's collector"] = _client(stack)
        of_the_tenant, asked_by_the_tenant = stack.enter_context(collector(answers=True))
        _set_collector(clients["with a tenant's collector"], of_the_tenant)
        clients["with a tenant's that hangs"] = _client(stack)
        _set_collector(clients["with a tenant's that hangs"], silent)
        took: dict[str, list[float]] = {name: [] for name in clients}
        for _ in range(WARM_UP + runs):
            for name in sorted(clients, key=lambda _: random.random()):
                took[name].append(_run(clients[name]))
                time.sleep(PAUSE_SECONDS)
        time.sleep(2)  # the last ones have a second
        for whose, pipe in (("the deployment's", asked), ("the tenant's", asked_by_the_tenant)):
            pipe.send("how many?")
            print(f"spans that came to {whose} collector: {pipe.recv()} of {WARM_UP + runs} runs")
    medians = {name: statistics.median(times[WARM_UP:]) for name, times in took.items()}
    for name, median in medians.items():
        base = medians["without"]
        print(f"{name:28} p50 {median:.2f} ms, {median - base:+.2f} ms, {median / base:.2f} times, of {runs}")
    run = settled(new_run(), ttft_ms=310, latency_ms=1250, usage=Usage(input_tokens=45, output_tokens=42))
    print(f"a line of metrics: {_microseconds(lambda: metric_line('Promptyard/x', 'demo', run, None)):.0f} µs of CPU")
    print(f"a span: {_microseconds(lambda: export_request(span_of(run, None, None, content=False))):.0f} µs of CPU")


def _client(stack: ExitStack, **environment: str) -> httpx.Client:
    url = stack.enter_context(server_process(environment))
    return stack.enter_context(httpx.Client(base_url=url, timeout=60, trust_env=False))


def _set_collector(client: httpx.Client, url: str) -> None:
    """Of the tenant whose runs are made."""
    response = client.put("/api/v1/telemetry", json={"endpoint": url, "headers": {"authorization": "Basic x"}})
    assert response.status_code == 200, response.text


def _run(client: httpx.Client) -> float:
    """In milliseconds from the request's sending to the whole answer."""
    began = time.perf_counter()
    response = client.post("/api/v1/playground/run", json=BODY)
    took = 1000 * (time.perf_counter() - began)
    assert response.status_code == 200, response.text
    return took


def _microseconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(REPEATS):
        work()
    return 1e6 * (time.process_time() - began) / REPEATS


if __name__ == "__main__":
    main()
