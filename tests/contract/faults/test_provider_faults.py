"""Providers that are wrong in every way there is, on every wire and by every route: each run ends once and in time, its
record and its charge are right, and nothing of it is left.

`pytest -m hard -s tests/contract/faults/test_provider_faults.py` tries all of it, and says how much that was.
"""

import asyncio
import gc
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.faults import fault_routes
from tests.support.faults.fault_answers import Fault
from tests.support.faults.fault_routes import Asked, Told, TooLate
from tests.support.faults.faulty_providers import DEADLINE_SECONDS, FaultyProviders, faulty_providers
from tests.support.faults.lag import watched_lag
from tests.support.faults.protocol_routes import PROTOCOL_ROUTES
from tests.support.faults.provider_faults import FAULTS, faults_of
from tests.support.faults.run_checks import wrong_charges, wrong_record
from tests.support.faults.wire_forms import FORMS, WireForm
from tests.support.servers.server import StartServer
from tests.support.servers.signals import PATIENCE_SECONDS

ROUTES = {**fault_routes.ROUTES, **PROTOCOL_ROUTES}
AT_ONCE = int(os.environ.get("FAULTS_AT_ONCE", "12"))
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
"""How often each fault is tried by each route. What grows is measured from the first time on."""
GRACE_SECONDS = 1.0
"""What a run may take beside its deadline."""
MAX_GROWTH_MB = 32
EVERYWHERE = [FAULTS[name] for name in ("cut mid-stream", "hang mid-stream")]
"""What is tried by each route where not all is."""

Case = tuple[WireForm, Fault, str, int]


PLACES = tuple(dict.fromkeys(fault.place for fault in FAULTS.values()))
FEW_PLACES = ("scripted", "refusing")
"""Each takes a server."""


@pytest.fixture
def places(request: pytest.FixtureRequest) -> Sequence[str]:
    return FEW_PLACES if request.node.get_closest_marker("hard") is None else PLACES


@pytest.fixture
def providers(
    start_server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: Sequence[str]
) -> Iterator[FaultyProviders]:
    with faulty_providers(start_server, tmp_path, monkeypatch, places) as providers:
        yield providers


def each_once() -> list[Case]:
    """Each fault on one wire by one route, and each route with a few."""
    forms, routes = list(FORMS.values()), list(ROUTES)
    cases: list[Case] = []
    for number, fault in enumerate(fault for fault in FAULTS.values() if fault.place in FEW_PLACES):
        fitting = [form for form in forms if fault in faults_of(form)]
        cases.append((fitting[number % len(fitting)], fault, ("run, streamed", "run")[number % 2], 0))
    for number, (route, fault) in enumerate(product(routes, EVERYWHERE)):
        cases.append((forms[number % len(forms)], fault, route, 1))
    return cases


def all_of(form: WireForm, number: int) -> list[Case]:
    return [(form, fault, route, number) for fault in faults_of(form) for route in ROUTES]


async def test_each_fault_and_each_route(providers: FaultyProviders) -> None:
    told = await try_all(providers, each_once())
    await nothing_is_left(providers)
    assert await wrong_charges(providers.servers["scripted"], told) == []


@pytest.fixture
def unheard(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pytest keeps what is logged of every run, which is no growth of ours."""
    logger, nobody = logging.getLogger("promptyard"), logging.NullHandler()
    monkeypatch.setattr(logger, "propagate", False)
    logger.addHandler(nobody)
    yield
    logger.removeHandler(nobody)


@pytest.mark.hard
@pytest.mark.alone
@pytest.mark.usefixtures("unheard")
@pytest.mark.parametrize("wire", FORMS)
async def test_each_fault_by_each_route(providers: FaultyProviders, wire: str) -> None:
    told: dict[str, tuple[Told, Fault]] = {}
    began, growth = time.monotonic(), 0.0
    held: Held | None = None
    form = FORMS[wire]
    for number in range(1, ROUNDS + 1):
        told |= await try_all(providers, all_of(form, number))
        await nothing_is_left(providers)
        now = Held.by(providers)
        held = held or now
        growth = (now.memory_mb - now.records_mb) - (held.memory_mb - held.records_mb)
        over = sum(one.seconds > DEADLINE_SECONDS + GRACE_SECONDS for one, _ in told.values())
        print(f"\n{wire}, round {number}: {len(told)} runs, {over} of them over {DEADLINE_SECONDS + GRACE_SECONDS} s")
        print(f"in {time.monotonic() - began:.0f} s, {now}")
    assert held is not None
    assert now.tasks <= held.tasks + AT_ONCE
    assert now.descriptors <= held.descriptors + AT_ONCE
    assert await wrong_charges(providers.servers["scripted"], told) == []
    assert growth < MAX_GROWTH_MB


async def try_all(providers: FaultyProviders, cases: Sequence[Case]) -> dict[str, tuple[Told, Fault]]:
    """What was told of each run, by its id."""
    told: dict[str, tuple[Told, Fault]] = {}
    wrong: list[str] = []
    async with AsyncExitStack() as stack:
        clients = {
            place: await stack.enter_async_context(
                httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS, trust_env=False)
            )
            for place, server in providers.servers.items()
        }

        lag = await stack.enter_async_context(watched_lag(providers.servers["scripted"].url))

        async def try_one(form: WireForm, fault: Fault, route: str, number: int) -> None:
            asked = Asked(clients[fault.place], providers.kept, form, fault.name, number)
            began = time.monotonic()
            for each in await ROUTES[route](asked):
                one = replace(each, may_be_late=lag.is_notable(began))
                told[one.run_id] = one, fault
                late = lag.since(began)
                if one.seconds > DEADLINE_SECONDS + GRACE_SECONDS + late:
                    wrong.append(f"{form.name}, {route}: {fault.name} took {one.seconds:.1f} s, {late:.1f} s late")
                found = await wrong_record(asked.client, one, fault)
                wrong.extend(f"{form.name}, {route}: {what}" for what in found)

        todo = iter(cases)

        async def work() -> None:
            for form, fault, route, number in todo:
                began = time.monotonic()
                try:
                    await try_one(form, fault, route, number)
                except TooLate:
                    if not lag.is_notable(began):
                        wrong.append(f"{form.name}, {route}, {fault.name}: was too late")
                except Exception as failed:  # noqa: BLE001 - all that is wrong is told, not the first of it
                    wrong.append(f"{form.name}, {route}, {fault.name}: {failed!r}"[:1500])

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    assert wrong == [], f"{len(wrong)} wrong:\n" + "\n".join(wrong)
    return told


async def nothing_is_left(providers: FaultyProviders) -> None:
    """No run goes on, no provider is still listened to, and no thread of a call is there."""

    def left() -> list[str]:
        executors = [server.services.running.executor for server in providers.servers.values()]
        going_on = [handle.run.id for executor in executors for handle in executor.going_on.values()]
        threads = [thread.name for thread in threading.enumerate() if thread.name == "bedrock call"]
        requests = [request for upstream in providers.upstreams.values() for request in upstream.requests]
        open_ones = [one for one in requests if not (one.answered.is_set() or one.client_left.is_set())]
        playing = [f"{one.path} {one.body[-300:]!r}" for one in open_ones]
        return [*going_on, *threads, *playing]

    give_up = time.monotonic() + PATIENCE_SECONDS
    while left():
        assert time.monotonic() < give_up, left()
        await asyncio.sleep(0.05)
    for upstream in providers.upstreams.values():
        upstream.requests.clear()


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds: the server, the providers and the callers are all in it."""

    descriptors: int
    tasks: int
    threads: int
    memory_mb: float
    records_mb: float
    """The part of it that is the text of what is kept of runs: it is to grow."""

    @classmethod
    def by(cls, providers: FaultyProviders) -> "Held":
        gc.collect()
        servers = list(providers.servers.values())
        loops = [server.loop for server in servers]
        store: Any = servers[0].aws.clients.dynamodb()  # that of all of them
        tables = [store.database.table(name) for name in store.database.names()]
        return Held(
            descriptors=len(os.listdir("/proc/self/fd")),
            tasks=sum(len(asyncio.all_tasks(loop)) for loop in loops),
            threads=threading.active_count(),
            memory_mb=int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024,
            records_mb=sum(len(table.text(key) or "") for table in tables for key in table.all_keys()) / 2**20,
        )
