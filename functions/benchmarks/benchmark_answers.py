"""Answers about benchmarks as they are defined."""

from typing import TYPE_CHECKING

from promptyard.api.answers.benchmarks import BenchmarkAnswer
from promptyard.api.answers.fields import LeftOut
from promptyard.api.paging import PageAnswer

if TYPE_CHECKING:
    from promptyard.services.benchmarks.defining.benchmarks import Defined


class DefinedBenchmark(BenchmarkAnswer):
    """`webhook_secret` is there where the webhook is new, and shown this once: `whsec_` and the key of the signatures,
    in base64."""

    webhook_secret: LeftOut[str] = None
    """The key of the webhook's signatures: `whsec_` and base64. It is shown once, where the webhook is new, and left
    out otherwise."""

    @classmethod
    def of_defined(cls, defined: "Defined") -> "DefinedBenchmark":
        secret = None if defined.secret is None else defined.secret.get_secret_value()
        return DefinedBenchmark(**vars(BenchmarkAnswer.of(defined.benchmark)), webhook_secret=secret)

    def without_secret(self) -> "DefinedBenchmark":
        return self.model_copy(update={"webhook_secret": None})


class BenchmarkPageAnswer(PageAnswer[BenchmarkAnswer]):
    pass
