"""What repeated requests are answered from. Only a request with an `Idempotency-Key` pays for it."""

from functools import cached_property

from promptyard.bootstrap.parts import Part
from promptyard.bootstrap.runs import RunServices
from promptyard.services.runs.idempotency import Idempotency
from promptyard.storage.runs.idempotency import DynamoIdempotency


class IdempotencyServices(Part):
    @cached_property
    def idempotency(self) -> Idempotency:
        return Idempotency(self.store, self._parts[RunServices].store)

    @cached_property
    def store(self) -> DynamoIdempotency:
        return DynamoIdempotency(self._parts.table("usage"))
