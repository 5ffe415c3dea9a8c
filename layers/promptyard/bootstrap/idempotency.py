"""What repeated requests are answered from."""

from functools import cached_property
from typing import TYPE_CHECKING

from promptyard.bootstrap.parts import Part
from promptyard.services.runs.idempotency import Idempotency
from promptyard.storage.runs.idempotency import DynamoIdempotency

if TYPE_CHECKING:
    from promptyard.services.runs.run_handle import RunHandle


class IdempotencyServices(Part):
    aws = ("dynamodb",)

    @cached_property
    def idempotency(self) -> Idempotency:
        return Idempotency(self.store, self._parts.runs.store, self._run_going_on)

    def _run_going_on(self, run_id: str) -> "RunHandle | None":
        """A run that this process carries out: a group that runs none knows none."""
        running = vars(self._parts).get("running")
        return None if running is None else running.executor.handle_of(run_id)

    @cached_property
    def store(self) -> DynamoIdempotency:
        return DynamoIdempotency(self._parts.table("usage"))
