"""What the services need from outside, as protocols. `bootstrap` chooses what stands behind them."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from promptyard.domain.account.access import Caller
from promptyard.domain.deferred import FrozenModel
from promptyard.domain.errors import PromptyardError
from promptyard.domain.models.provider_events import ProviderEvent
from promptyard.domain.models.targets import ProviderCall, Target
from promptyard.domain.paging import Page, PageRequest
from promptyard.domain.runs.run import Run, RunLinks, RunStatus, Vote
from promptyard.domain.runs.saved_runs import SavedRun


class PreparedCall(Protocol):
    """A call that can be made: its request is built and encoded, and every attempt sends the same."""

    @property
    def call(self) -> ProviderCall: ...

    @property
    def sent(self) -> Any:
        """What the provider is sent, as a JSON value (also with bytes in it), without the key."""

    def stream(self) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        """Send it; events as they come, `Finished` among them: what came together, together. Closing the generator
        stops the call at once.

        Raises ProviderError, or RefusedParameter for a parameter that the provider itself refused.
        """

    async def count_input(self) -> int | None:
        """What the provider counts for the call's input, where it can be asked; None where it does not tell."""


class ProviderGateway(Protocol):
    """Calls providers."""

    def prepare(self, call: ProviderCall) -> PreparedCall:
        """Everything that can be done, and found wrong, without sending anything.

        Raises RefusedParameter, InvalidRequest, EndpointRefused, MissingKey, ProviderAuth.
        """


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What a page of history is narrowed to; None does not narrow. Times are [since, until)."""

    provider: str | None = None
    model: str | None = None
    status: RunStatus | None = None
    prompt_id: str | None = None
    version_id: str | None = None
    comparison_id: str | None = None
    playground_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class RunStore(Protocol):
    """Keeps runs. Every method raises StoreUnavailable when the store does not answer."""

    async def start(self, run: Run) -> None:
        """Write the start record. Raises Conflict when the id is taken."""

    async def add(self, run: Run) -> None:
        """Write the record of a run that has ended before it began. Raises Conflict when the id is taken."""

    async def bring(self, run: Run) -> None:
        """As `add`, of a run from elsewhere, which may have been here before and was deleted. Raises Conflict when it
        is there."""

    def count(self, run: Run) -> None:
        """Begin to count a run that was started and goes on, beside whatever it does."""

    async def withdraw(self, run: Run) -> bool:
        """Take back the start record of a run that was neither counted nor sent. False where it has an end by now,
        which stays."""

    async def settle(self, run: Run) -> bool:
        """Write the final record; False when the run was settled already (or deleted), which is left as it is."""

    async def get(self, tenant: str, run_id: str) -> Run:
        """Raises NotFound."""

    async def vote(self, tenant: str, run_id: str, vote: Vote | None) -> Run:
        """Keep what is thought of its answer; None takes it back. Raises NotFound, Conflict for a run that goes on."""

    async def delete(self, tenant: str, run_id: str) -> None:
        """Raises NotFound."""

    async def request_cancel(self, tenant: str, run_id: str) -> None:
        """Ask whoever carries a running run to stop it; does nothing to a settled one. Raises NotFound."""

    async def cancel_requested(self, tenant: str, run_id: str) -> bool:
        """Cheap, whatever the run's record holds; may be a moment late."""

    async def page(self, tenant: str, where: RunFilter, request: PageRequest) -> Page[Run]:
        """Newest first. Raises BadCursor for a cursor that this store did not make for this filter."""

    async def half_done(self, before: datetime) -> list[tuple[str, str]]:
        """(tenant, id) of runs whose counting or deletion should have been done before that moment: its process
        died."""

    async def finish(self, tenant: str, run_id: str, before: datetime) -> None:
        """Do what is left to do of a run that should have been done before that moment, unless somebody else does."""

    async def repair_counters(self, tenant: str) -> int:
        """Count a tenant's runs again, correct the totals, and return how many of them were off."""


class SavedRunStore(Protocol):
    """Keeps saved runs. Every method raises StoreUnavailable when the store does not answer."""

    async def add(self, saved: SavedRun) -> None:
        """Raises Conflict when the id is taken."""

    async def get(self, tenant: str, saved_id: str) -> SavedRun:
        """Raises NotFound."""

    async def delete(self, tenant: str, saved_id: str) -> None:
        """Raises NotFound."""

    async def newest(self, tenant: str, version_id: str, limit: int) -> list[SavedRun]:
        """The newest of a prompt version, newest first."""


class RunContentStore(Protocol):
    """Where the content of runs is kept beside their records. Every method raises StoreUnavailable when the store does
    not answer."""

    async def delete_expired(self, tenant: str, before: datetime) -> int:
        """Delete the content of the runs, executed and saved ones, that began before that moment and are no more;
        returns how many parts there were."""


class AllSavedRuns(Protocol):
    def pages(self, tenant: str) -> AsyncGenerator[list[SavedRun], None]: ...


@dataclass(frozen=True, slots=True)
class StreamPiece:
    """What a stream shows of its events from `first` to `last`; of an empty range, that it is there."""

    first: int
    last: int
    frames: bytes
    ended: bool = False
    """There are no events after it."""


class StreamStore(Protocol):
    """Keeps streams of runs and comparisons, by the piece, until they expire. Every method raises StoreUnavailable when
    the store does not answer."""

    async def put(self, tenant: str, stream_id: str, piece: StreamPiece, expires_at: datetime) -> None:
        """Pieces may overlap, where the writer was told that it failed with one that was written."""

    async def after(self, tenant: str, stream_id: str, number: int) -> list[StreamPiece]:
        """Those that have events above that number, in order."""

    async def newest(self, tenant: str, stream_id: str) -> StreamPiece | None:
        """The one that was written last; None where the stream is not kept."""

    async def delete(self, tenant: str, stream_id: str) -> None: ...


IDEMPOTENCY_KEPT_FOR = timedelta(hours=24)


class KeptAnswer(FrozenModel):
    """An HTTP answer as it was given."""

    status: int
    headers: dict[str, str]
    body: str


class IdempotencyRecord(FrozenModel):
    """What is kept of a key. Of `run_id` and `answer` neither is there while the request is going on."""

    claim: str
    """Names the request that has the key."""
    fingerprint: str
    claimed_at: datetime
    run_id: str | None = None
    stream: bool = False
    """Whether the run was asked for as a stream."""
    comparison_id: str | None = None
    answer: KeptAnswer | None = None


class IdempotencyStore(Protocol):
    """Every method raises StoreUnavailable when the store does not answer."""

    async def claim(self, tenant: str, key: str, record: IdempotencyRecord) -> None:
        """Raises Conflict when somebody has the key."""

    async def get(self, tenant: str, key: str) -> IdempotencyRecord | None: ...

    async def note(self, tenant: str, key: str, record: IdempotencyRecord) -> None:
        """Write what has become known since the claim. Does nothing when another request has the key."""

    async def release(self, tenant: str, key: str, claim: str) -> None:
        """Let the next request have the key. Does nothing when another request has it."""


class RunGuard(Protocol):
    """One run's, asked in this order; of `check_answer` and what follows a block only `finish` and `report` are asked.

    What it raises beside Blocked fails the run.
    """

    @property
    def holds(self) -> bool:
        """Whether it may still block the answer: before it has passed `check_answer`, nothing leaves but the text that
        `let_go` gives."""

    def admit(self, run: Run) -> Run:
        """What is to be stored of the run while it is going on."""

    async def check_prompt(self, run: Run, sent: Any) -> None:
        """Before the provider is called, with what it is sent. Raises Blocked."""

    def let_go(self, text: str) -> str:
        """Take the next piece of the answer; returns what of the text may leave now. Raises Blocked."""

    async def check_answer(self, run: Run) -> str:
        """The run as it came, when the provider has ended it well; returns the rest of the text. Raises Blocked."""

    def finish(self, run: Run, error: PromptyardError | None) -> Run:
        """The run's record and answer, of the run as it came and what ended it. The record's error is what is told."""

    async def report(self, run: Run) -> None:
        """Write down what is written beside the record. What fails here is left undone."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a run belongs, and what that place has for it. Without anything: it belongs nowhere."""

    playground_id: str | None = None
    llm_blueprint_id: str | None = None
    target: Target | None = None
    """The blueprint's, for an order that names none."""
    system_prompt: str | None = None
    """The blueprint's; it goes with its target."""
    guard: Callable[[], RunGuard] | None = None
    """Makes the guard of one run, where the playground has metrics."""


class Placer(Protocol):
    async def place(self, caller: Caller, links: RunLinks, *, inherited: bool) -> Placement:
        """Where the links lead. With `inherited` they are another run's: what of them is gone since is left out. Raises
        UnknownReference for a playground or a blueprint that is not there, InvalidRequest for two that do not belong
        together, StoreUnavailable."""
