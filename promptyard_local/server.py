"""The local server: settings with a laptop's defaults, data, the app, and what a person is told at the start."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from functions.local import create_local_app
from promptyard import logs
from promptyard.api.app import join
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.retention import delete_expired
from promptyard.bootstrap.warming import warm
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.access import LOCAL_CALLER
from promptyard.domain.errors import StoreUnavailable
from promptyard.domain.paging import PageRequest
from promptyard.services.playgrounds.guard_self_test import check_guards
from promptyard.services.ports.runs import RunFilter
from promptyard.settings import Settings
from promptyard_local.aws import LAPTOP_DEFAULTS, TEAM_DEFAULTS, LocalAws, open_aws
from promptyard_local.backup import backup_router
from promptyard_local.connections import PatientConnection
from promptyard_local.garbage import collect_when_idle
from promptyard_local.host_guard import HostGuardMiddleware
from promptyard_local.listening import address_of, check_who_reaches, listen, url_of
from promptyard_local.pump import pump_of, restart_benchmark_runs
from promptyard_local.reachable import unanswered

SHUTDOWN_SECONDS = 5
SWEEP_SECONDS = 60


def serve() -> None:
    """Serve until a signal. Raises BadSetting, GuardsUnavailable, DataUnusable, StoreUnavailable before anything
    listens."""
    address = address_of(os.environ)
    environment = (LAPTOP_DEFAULTS if address.is_private else TEAM_DEFAULTS) | os.environ
    settings = Settings.from_environment(environment)
    check_who_reaches(address, settings.auth)
    logs.configure(settings.log_level, sys.stderr)
    check_guards()
    listener = listen(address)
    aws = open_aws(environment)
    try:
        services = whole(settings, {**environment, **aws.names}, aws.clients)
        asyncio.run(check_store(services))
        config = server_config(local_app(services, aws), SHUTDOWN_SECONDS)
        _Server(config, banner(url_of(listener), services, aws.place)).run([listener])
    finally:
        listener.close()
        aws.close()


def server_config(app: ASGIApp, shutdown_seconds: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=PatientConnection,
        ws="none",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=shutdown_seconds,
        server_header=False,
    )


async def check_store(services: Parts) -> None:
    """Raises StoreUnavailable with the reason, which is for the eyes of who starts the server only."""
    try:
        await services.runs.history.page(LOCAL_CALLER.tenant, RunFilter(), PageRequest(1))
    except StoreUnavailable as error:
        raise StoreUnavailable(f"The store cannot be used: {error.__context__ or error.message}") from None


def local_app(services: Parts, aws: LocalAws) -> FastAPI:
    """Every group's routes, guarded from web pages while it runs open."""
    app = create_local_app(lambda: services)
    join(app.router, backup_router(aws, is_open=services.settings.auth == "open"))
    if services.settings.auth == "open":
        app.add_middleware(HostGuardMiddleware, origins=services.settings.allowed_origins())
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Data of our own has one process at a time: whatever is open in it was left by one that is gone.
        ahead = timedelta(days=1) if aws.exclusive else timedelta(0)
        await services.runs.sweeper.sweep(datetime.now(UTC) + ahead)
        if aws.exclusive:
            async for tenant in services.tenant_directory.every():
                await delete_expired(services, tenant)
        beside = [asyncio.create_task(_sweep_from_now_on(services))]
        async with inner(app):
            warm(app)
            if services.clients.answers_at_once("sqs"):  # else who reads the queue is deployed
                await restart_benchmark_runs(services, alone=aws.exclusive)
                beside.append(asyncio.create_task(pump_of(services).run()))
            yield
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    app.router.lifespan_context = lifespan
    return app


async def _sweep_from_now_on(services: Parts) -> None:
    """What a scheduled function does where this is deployed."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        with suppress(StoreUnavailable):
            await services.runs.sweeper.sweep(datetime.now(UTC))


class _Server(uvicorn.Server):
    """Tells a person where it is once it listens."""

    def __init__(self, config: uvicorn.Config, message: str) -> None:
        super().__init__(config)
        self._message = message
        self._collecting: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._collecting = asyncio.create_task(collect_when_idle())
        print(self._message, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._collecting is not None:
            self._collecting.cancel()
        await super().shutdown(sockets)


def banner(address: str, services: Parts, place: str) -> str:
    """The address, which providers are ready and what the others lack, and where the data is. Those on this machine are
    ready where somebody answers."""
    ready, lacking, silent = [], [], unanswered(services)
    for provider in services.models.catalogue.providers:
        missing = services.models.deployment_keys.missing(provider)
        if provider.id in silent:
            lacking.append(f"{provider.id} (nobody answers at {silent[provider.id]})")
        elif missing is None:
            ready.append(provider.id)
        else:
            lacking.append(f"{provider.id} ({missing})")
    lines = [
        f"Promptyard   {address}   (API: {address}/docs)",
        f"  ready      {', '.join(ready)}",
        *_wrapped("  not ready  ", lacking),
        f"  data       {place}",
    ]
    return "\n".join(lines)


def _wrapped(head: str, words: list[str], width: int = 100) -> list[str]:
    lines, line = [], head
    for index, word in enumerate(words):
        piece = word + (", " if index < len(words) - 1 else "")
        if len(line) + len(piece) > width:
            lines.append(line.rstrip())
            line = " " * len(head)
        line += piece
    return [*lines, line]
