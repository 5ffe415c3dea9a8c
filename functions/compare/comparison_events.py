"""A comparison's stream once more."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastapi import Response

from promptyard.api.answers.comparison_frames import comparison_frame
from promptyard.api.resumed_streams import NOT_KEPT, error_at_end, is_done, resumed_stream
from promptyard.domain.errors import NotFound
from promptyard.domain.runs.run import Run
from promptyard.services.runs.comparisons import ComparisonEnded, ComparisonEvent, TargetEnded

if TYPE_CHECKING:
    from promptyard.services.runs.comparisons import CompareService
    from promptyard.services.runs.resuming.kept_streams import KeptStreams

_END_OF_TARGET = re.compile(rb"(?:^|(?<=\n))event: (?:done|error):([0-9]+)\n")


async def resumed_comparison(
    streams: "KeptStreams",
    comparisons: "CompareService",
    tenant: str,
    comparison_id: str,
    *,
    after: int,
    seconds: float,
) -> Response:
    """For so many seconds at most, where it is read from the store. Raises NotFound."""

    async def end_of(last: int) -> bytes | None:
        try:
            runs = (await comparisons.get(tenant, comparison_id)).runs
        except NotFound:
            return None
        if not all(is_done(run) for run in runs):
            return None
        return _end_of_comparison(comparison_id, runs, await streams.written(tenant, comparison_id), last)

    opened = await streams.open(tenant, comparison_id, after, end_of=end_of, seconds=seconds)
    if opened is None:
        await comparisons.get(tenant, comparison_id)
        raise NotFound(f"The comparison's events {NOT_KEPT}. Its record has the answers")
    return resumed_stream(opened, after, {"x-comparison-id": comparison_id})


def _end_of_comparison(comparison_id: str, runs: Sequence[Run], told: bytes, last: int) -> bytes:
    """The end of each target that has not been told, and the comparison's."""
    ended = {int(found[1]) for found in _END_OF_TARGET.finditer(told)}
    events: list[ComparisonEvent] = [
        TargetEnded(run.links.comparison_index or 0, run, error_at_end(run), 0)
        for run in runs
        if run.links.comparison_index not in ended
    ]
    events.append(ComparisonEnded(comparison_id))
    return b"".join(comparison_frame(None, number, event) for number, event in enumerate(events, last + 1))
