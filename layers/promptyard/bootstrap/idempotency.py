"""What repeated requests are answered from."""

from functools import cached_property

from promptyard.bootstrap.parts import Part
from promptyard.services.runs.idempotency import Idempotency
from promptyard.storage.runs.idempotency import DynamoIdempotency


class IdempotencyServices(Part):
    name = "idempotency_services"
    aws = ("dynamodb",)

    @cached_property
    def idempotency(self) -> Idempotency:
        return Idempotency(self.store, self._parts.runs.store)

    @cached_property
    def store(self) -> DynamoIdempotency:
        return DynamoIdempotency(self._parts.table("usage"))
