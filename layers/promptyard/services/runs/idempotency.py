"""One answer for one `Idempotency-Key`: a request that creates or spends can be sent again and is carried out once.

The first request with a key claims it before it is carried out, in one conditional write. A run's own record is what
its repetitions are answered from; every other answer is kept. A request that failed with nothing done gives its key
back. One whose process died keeps it: nobody can tell what it did, and doing it twice is what the key is to prevent.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from promptyard.domain.errors import Conflict, NotFound
from promptyard.domain.identifiers import random_id
from promptyard.services.ports.runs import IdempotencyRecord, IdempotencyStore, KeptAnswer, RunStore
from promptyard.services.runs.replays import RunAgain
from promptyard.services.runs.run_handle import RunHandle

PATIENCE_SECONDS = 3.0
"""How long a repetition waits for the first request to end."""
PAUSE_SECONDS = 0.2
LONGEST = timedelta(minutes=16)
"""No request goes on for longer: Lambda's longest is 15 minutes."""


class InProgress(Conflict):
    """The first request with the key is still going on."""

    retryable = True


class Claim:
    """A request that has its key, and is to be carried out."""

    def __init__(self, store: IdempotencyStore, tenant: str, key: str, record: IdempotencyRecord) -> None:
        self._store = store
        self._tenant = tenant
        self._key = key
        self._record = record

    @property
    def run_id(self) -> str | None:
        return self._record.run_id

    async def note_run(self, run_id: str, *, stream: bool) -> None:
        await self._note(run_id=run_id, stream=stream)

    async def note_comparison(self, comparison_id: str) -> None:
        await self._note(comparison_id=comparison_id)

    async def keep(self, answer: KeptAnswer) -> None:
        await self._note(answer=answer)

    async def release(self) -> None:
        await self._store.release(self._tenant, self._key, self._record.claim)

    async def _note(self, **known: Any) -> None:
        self._record = self._record.model_copy(update=known)
        await self._store.note(self._tenant, self._key, self._record)


class Idempotency:
    """`going_on` is the handle of a run that is going on in this process: its repetitions join its reader."""

    def __init__(
        self, store: IdempotencyStore, runs: RunStore, going_on: Callable[[str], RunHandle | None] = lambda _: None
    ) -> None:
        self._store = store
        self._runs = runs
        self._going_on = going_on

    async def is_known(self, tenant: str, key: str) -> bool:
        """Whether a request with the key was let in, and has not given it back."""
        return await self._store.get(tenant, _name(key)) is not None

    async def begin(self, tenant: str, key: str, fingerprint: str) -> Claim | KeptAnswer | RunAgain:
        """The key's claim, or the answer to the request that has it. `fingerprint` tells requests apart.

        Raises Conflict for a key that another request has, InProgress when that one does not end within seconds.
        """
        name = _name(key)
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            now = datetime.now(UTC)
            mine = IdempotencyRecord(claim=random_id(), fingerprint=fingerprint, claimed_at=now)
            try:
                await self._store.claim(tenant, name, mine)
            except Conflict:
                pass
            else:
                return Claim(self._store, tenant, name, mine)
            record = await self._store.get(tenant, name)
            while record is not None:
                if record.fingerprint != fingerprint:
                    raise Conflict("This Idempotency-Key was used for another request")
                answer = await self._answer(tenant, record)
                if answer is not None:
                    return answer
                if time.monotonic() > end:
                    raise _without_answer(record, now)
                await asyncio.sleep(PAUSE_SECONDS)
                record = await self._store.get(tenant, name)

    async def _answer(self, tenant: str, record: IdempotencyRecord) -> KeptAnswer | RunAgain | None:
        if record.run_id is None:
            return record.answer
        handle = self._going_on(record.run_id)
        if handle is not None:
            return RunAgain(handle, record.stream)
        try:
            run = await self._runs.get(tenant, record.run_id)
        except NotFound:
            raise Conflict("The run of this Idempotency-Key has been deleted") from None
        return RunAgain(RunHandle.of_settled(run), record.stream) if run.settled else None


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _without_answer(record: IdempotencyRecord, now: datetime) -> Conflict:
    what = ""
    if record.comparison_id is not None:
        what = f": see the comparison {record.comparison_id}"
    if record.run_id is None and now - record.claimed_at > LONGEST:
        return Conflict(f"The first request with this Idempotency-Key was cut off, and its outcome is not known{what}")
    return InProgress(f"The first request with this Idempotency-Key is going on{what}", retry_after=1.0)
