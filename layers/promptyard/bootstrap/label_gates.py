"""What labels of prompts wait for."""

from functools import cached_property

from promptyard.bootstrap.parts import Part
from promptyard.services.benchmarks.outside.label_gate import BenchmarkGate
from promptyard.storage.benchmarks.benchmark_runs import DynamoBenchmarkRunStore
from promptyard.storage.benchmarks.benchmarks import DynamoBenchmarkStore


class LabelGateServices(Part):
    aws = ("dynamodb",)

    @cached_property
    def gate(self) -> BenchmarkGate:
        table = self._parts.table("benchmarks")
        return BenchmarkGate(DynamoBenchmarkStore(table), DynamoBenchmarkRunStore(table))
