"""A guard that keeps the texts of a run out of its record."""

from typing import Any

from promptyard.domain.errors import PromptyardError
from promptyard.domain.runs.run import Run


class Unrecorded:
    """A `RunGuard` that lets all pass and leaves the texts out of the record, and what may quote them: they are another
    run's. With `keeps_answer` what the model said stays."""

    holds = False

    def __init__(self, *, keeps_answer: bool = False) -> None:
        self._keeps_answer = keeps_answer

    def admit(self, run: Run) -> Run:
        return run.model_copy(update={"messages": [], "template": None})

    async def check_prompt(self, run: Run, sent: Any) -> None:
        pass

    def let_go(self, text: str) -> str:
        return text

    async def check_answer(self, run: Run) -> str:  # noqa: ARG002 - nothing was held back
        return ""

    def finish(self, run: Run, error: PromptyardError | None) -> Run:  # noqa: ARG002 - a RunGuard's form
        failure = None if run.error is None else run.error.unquoted()
        output = run.output if self._keeps_answer else None
        return self.admit(run).model_copy(update={"output": output, "error": failure})

    async def report(self, run: Run) -> None:
        pass
