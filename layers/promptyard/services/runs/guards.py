"""Guards: what stands between a run and its caller, and between a run and its record."""

from collections.abc import Callable
from typing import Protocol

from promptyard.domain.account.access import Caller
from promptyard.domain.errors import PromptyardError
from promptyard.domain.runs.run import Run
from promptyard.services.playgrounds.places import Place


class RunGuard(Protocol):
    """One run's, asked in this order; of `check_answer` and what follows a block only `finish` and `report` are asked.

    What it raises beside Blocked fails the run.
    """

    def admit(self, run: Run) -> Run:
        """What is to be stored of the run while it is going on."""

    async def check_prompt(self, run: Run) -> None:
        """Before the provider is called. Raises Blocked."""

    def let_go(self, text: str) -> str:
        """Take the next piece of the answer; returns what of the text may leave now. Raises Blocked."""

    async def check_answer(self, run: Run) -> str:
        """The run as it came, when the provider has ended it well; returns the rest of the text. Raises Blocked."""

    def finish(self, run: Run, error: PromptyardError | None) -> Run:
        """The run's record and answer, of the run as it came and what ended it."""

    async def report(self, run: Run) -> None:
        """Write down what is written beside the record. What fails here is left undone."""


GuardMaker = Callable[[Caller, Place], RunGuard]
"""The guard of a run in a place that has metrics."""


class Unrecorded:
    """A `RunGuard` that lets all pass and leaves the texts out of the record, and what may quote them: they are another
    run's."""

    def admit(self, run: Run) -> Run:
        return run.model_copy(update={"messages": [], "template": None})

    async def check_prompt(self, run: Run) -> None:
        pass

    def let_go(self, text: str) -> str:
        return text

    async def check_answer(self, run: Run) -> str:  # noqa: ARG002 - nothing was held back
        return ""

    def finish(self, run: Run, error: PromptyardError | None) -> Run:  # noqa: ARG002 - a RunGuard's form
        failure = None if run.error is None else run.error.unquoted()
        return self.admit(run).model_copy(update={"output": None, "error": failure})

    async def report(self, run: Run) -> None:
        pass
