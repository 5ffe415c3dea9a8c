"""Telling those who watch of the runs that have ended."""

import logging
from typing import TYPE_CHECKING

from promptyard.domain.diagnostics import crash_fields

if TYPE_CHECKING:
    from promptyard.domain.runs.causes import Cause
    from promptyard.domain.runs.run import Run
    from promptyard.services.ports.observing import RunObserver

logger = logging.getLogger("promptyard.run")


class Observers:
    """Whoever has written a run's end into its record tells of it: of every record once."""

    def __init__(self, *observers: "RunObserver") -> None:
        self._observers = observers

    def tell(self, run: "Run", cause: "Cause | None") -> None:
        """Without what was blocked of it. What goes wrong here is no matter of the run's."""
        shown = run if run.withheld is None else run.model_copy(update={"withheld": None})
        for observer in self._observers:
            try:
                observer.ended(shown, cause)
            except Exception as unexpected:  # noqa: BLE001 - the run has ended, and is answered
                logger.error("run not observed", extra={"run_id": run.id, **crash_fields(unexpected)})

    async def rest(self) -> None:
        """Waits for what goes on of it beside: a function is frozen when it has answered."""
        for observer in self._observers:
            await observer.rest()


NOBODY = Observers()
