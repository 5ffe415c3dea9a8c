"""Runs as they are kept: looked up, listed, cancelled, deleted."""

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from promptyard.domain.errors import Conflict, InvalidRequest
from promptyard.domain.metering.charges import has_died
from promptyard.domain.paging import Page, PageRequest, each_page
from promptyard.domain.prompts.prompt import PromptContent, VersionDraft
from promptyard.domain.runs.comparisons import CANCEL_PATIENCE_SECONDS
from promptyard.domain.runs.run import Run, Vote
from promptyard.services.ports.runs import RunFilter, RunStore

if TYPE_CHECKING:
    from promptyard.services.runs.resuming.kept_streams import KeptStreams
    from promptyard.services.runs.settling.sweeper import Sweeper

MAX_LOOK_PAUSE_SECONDS = 0.5
"""Between two looks at a run that is being cancelled: each reads its whole record."""
EXPORT_PAGE = 20
"""The runs that an export holds at a time."""


class RunHistory:
    def __init__(self, store: RunStore, sweeper: "Sweeper", streams: "KeptStreams") -> None:
        self._store = store
        self._sweeper = sweeper
        self._streams = streams

    async def cancel(self, tenant: str, run_id: str) -> Run:
        """Ask the process that carries the run to stop, wait for it, and return the record.

        Where that process is gone (its deadline has passed and nothing was settled) the run is settled here.
        Raises NotFound.
        """
        await self._store.request_cancel(tenant, run_id)
        end = time.monotonic() + CANCEL_PATIENCE_SECONDS
        run, pause = await self._store.get(tenant, run_id), 0.1
        while not run.settled and time.monotonic() < end:
            await asyncio.sleep(pause)
            run, pause = await self._store.get(tenant, run_id), min(2 * pause, MAX_LOOK_PAUSE_SECONDS)
        if not run.settled and has_died(run, datetime.now(UTC)):
            await self._sweeper.settle(run)
            run = await self._store.get(tenant, run_id)
        return run

    async def get(self, tenant: str, run_id: str) -> Run:
        """Raises NotFound."""
        return await self._store.get(tenant, run_id)

    async def vote(self, tenant: str, run_id: str, vote: Vote | None) -> Run:
        """Keep what somebody thinks of its answer; None takes it back. Raises NotFound, and Conflict for a run that is
        going on."""
        return await self._store.vote(tenant, run_id, vote)

    async def delete(self, tenant: str, run_id: str) -> None:
        """With its stream and its comparison's, which hold its answer, too. Raises NotFound, and Conflict for a run
        that is going on: its record says that it has to be charged."""
        run = await self._store.get(tenant, run_id)
        if not (run.settled or has_died(run, datetime.now(UTC))):
            raise Conflict("The run is going on: cancel it first")
        await self._sweeper.settle(run)  # also of one that has ended: where its charge could not be written
        for stream_id in filter(None, (run_id, run.links.comparison_id)):
            await self._streams.forget(tenant, stream_id)
        await self._store.delete(tenant, run_id)

    async def version_draft(self, tenant: str, run_id: str) -> VersionDraft:
        """What a run was made from, as what is to become a prompt version. Raises NotFound for a run that is not there,
        InvalidRequest where its prompt is not kept."""
        run = await self._store.get(tenant, run_id)
        if not run.messages:
            raise InvalidRequest("The run's prompt was not kept", loc=("body", "run_id"), kind="empty_prompt")
        return VersionDraft(
            PromptContent.of_sent(run.messages, run.template),
            run_model=run.target_name,
            run_parameters=run.parameters if run.parameters.given() else None,
        )

    async def page(self, tenant: str, where: RunFilter, request: PageRequest) -> Page[Run]:
        """Newest first. Raises BadCursor."""
        return await self._store.page(tenant, where, request)

    def pages(self, tenant: str, where: RunFilter) -> AsyncGenerator[list[Run], None]:
        """All runs that match, newest first, read a page at a time as they are asked for. A page may be empty."""
        return each_page(partial(self._store.page, tenant, where), EXPORT_PAGE)
