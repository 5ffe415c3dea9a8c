"""Runs to store."""

from datetime import UTC, datetime, timedelta
from typing import Any

from promptyard.domain.identifiers import first_id_at, time_ordered_id
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.runs.run import Run, RunStatus


def new_run(**changes: Any) -> Run:
    """A run that has just begun."""
    now = datetime.now(UTC)
    fields = {
        "id": time_ordered_id(),
        "tenant": "local",
        "endpoint": "playground/run",
        "provider": "demo",
        "model": "echo",
        "model_id": "demo/echo",
        "created_at": now,
        "deadline_at": now + timedelta(minutes=5),
        "messages": user_prompt("Say hello"),
    }
    return Run.model_validate(fields | changes)


def settled(run: Run, **changes: Any) -> Run:
    """The same run when it has ended."""
    fields = {"status": RunStatus.SUCCEEDED, "output": "Hello!", "settled_at": datetime.now(UTC)}
    return run.model_copy(update=fields | changes)


def run_at(moment: datetime, **changes: Any) -> Run:
    """A run that began at that moment."""
    milliseconds = int(moment.timestamp() * 1000)
    run_id = first_id_at(milliseconds)[:14] + "7" + time_ordered_id()[15:]
    return new_run(id=run_id, created_at=moment, deadline_at=moment + timedelta(minutes=5), **changes)
