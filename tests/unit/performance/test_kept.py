"""A figure is of runs that succeeded, or there is none."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.performance.bench import kept
from tests.performance.bench.answers import Outcome
from tests.performance.bench.processes import Unusable


class Standing:
    address = "http://127.0.0.1:1"

    def wait_until_quiet(self, _: float) -> None:
        pass

    def memory_mb(self) -> float:
        return 100.0


@pytest.mark.parametrize("fails_at", [None, 0, 1])
def test_the_memory_of_runs_that_failed_is_no_figure(
    fails_at: int | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rounds = iter(range(2))

    def at_once(*_: object, **__: object) -> tuple[list[Outcome], float]:
        failure = "status 503: no" if next(rounds) == fails_at else None
        return [Outcome(ended=0.1), Outcome(failure=failure), Outcome(failure=failure and "another")], 1.0

    monkeypatch.setattr(kept, "at_once", at_once)
    monkeypatch.setattr(kept, "promptyard", lambda *_: nullcontext((Standing(), "key")))
    with nullcontext() if fails_at is None else pytest.raises(Unusable, match="status 503"):
        assert kept.memory_left_by_runs("http://127.0.0.1:1", tmp_path, 3) == 0
