"""Changes the code of money, access, guards and wires at one place at a time, and counts what its tests do not notice.

`make mutants` takes some of the places by chance, the same ones for the same `--seed`, and stops after `--minutes`;
`MUTANTS="access --all"` takes every one of an area. Survivors that are no mistakes stand in `explained.toml`, each with
its reason.
"""

import argparse
import random
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from scripts.mutants.areas import AREAS
from scripts.mutants.forked_tests import ForkedTests
from scripts.mutants.line_coverage import LineCoverage, line_coverage
from scripts.mutants.mutation import Mutant, count_of, mutant
from scripts.repository_copy import REPOSITORY, RepositoryCopy

EXPLAINED = Path(__file__).with_name("explained.toml")
SCORE = 0.98
TEST_SECONDS = 240
"""What takes longer hangs, and is noticed."""


@dataclass(frozen=True, slots=True)
class Place:
    """The `number`-th mutant of a module of an area."""

    area: str
    file: str
    number: int


def main() -> None:
    asked = _asked()
    places = [place for area in asked.areas for place in _places(area) if _is_asked(asked, place)]
    if not asked.all:
        chance = random.Random(asked.seed)  # noqa: S311 - the same places for the same seed is what it is for
        places = chance.sample(places, min(asked.sample, len(places)))
    explained = tomllib.loads(EXPLAINED.read_text())
    until = time.monotonic() + asked.minutes * 60
    tried = 0
    survivors: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        copy = RepositoryCopy(Path(folder))
        tests = AreaTests(copy)
        for place in places:
            if not asked.all and time.monotonic() > until:
                break
            tried += 1
            changed = mutant((copy.folder / place.file).read_text(), place.number)
            if not tests.notice(place, changed):
                name = f"{place.file}: {changed.name}"
                survivors.append(name)
                reason = explained.get(name, "NOT EXPLAINED")
                print(f"survived: {name} (line {changed.lines.start}): {reason}", flush=True)
    unexplained = [name for name in survivors if name not in explained]
    score = 1 - len(unexplained) / tried if tried else 0.0
    print(
        f"{tried} of {len(places)} mutants tried, {tried - len(survivors)} noticed, "
        f"{len(survivors) - len(unexplained)} explained, {len(unexplained)} not: {score:.1%}"
    )
    sys.exit(score < SCORE)


def _places(area: str) -> Iterator[Place]:
    for pattern in AREAS[area][0]:
        for path in sorted(REPOSITORY.glob(pattern)):
            file = str(path.relative_to(REPOSITORY))
            for number in range(count_of(path.read_text())):
                yield Place(area, file, number)


class AreaTests:
    """Of a copy of the repository."""

    def __init__(self, copy: RepositoryCopy) -> None:
        self.copy, self.forks = copy, ForkedTests(copy)
        self.coverage: dict[str, LineCoverage] = {}
        """By area."""

    def notice(self, place: Place, changed: Mutant) -> bool:
        """Whether a test fails. Of the quick ones those that run the changed lines are asked first, then the others:
        what one of the first made may be kept for them. The slow ones come last."""
        _, quick, slow = AREAS[place.area]
        covered = self._covered(place.area)
        running = covered.tests_of(place.file, changed.lines) if changed.called else set(covered.seconds)
        files = sorted({test.partition("::")[0] for test in running})
        with self.copy.changed(place.file, changed.text):
            return (
                self._fail(files, {test: covered.seconds[test] for test in running})
                or self._fail(quick, {test: took for test, took in covered.seconds.items() if test not in running})
                or self._fail(slow)
            )

    def _fail(self, paths: Sequence[str], order: Mapping[str, float] | None = None) -> bool:
        if not paths or order == {}:
            return False
        return self.forks.failing(paths, order, TEST_SECONDS) is not False

    def _covered(self, area: str) -> LineCoverage:
        if area not in self.coverage:
            self.coverage[area] = line_coverage(self.copy, AREAS[area][1])
        return self.coverage[area]


def _is_asked(asked: argparse.Namespace, place: Place) -> bool:
    return any(fnmatch(place.file, pattern) for pattern in asked.only)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("areas", nargs="*", default=list(AREAS), help=f"of {', '.join(AREAS)}")
    parser.add_argument("--all", action="store_true", help="every place, however long it takes")
    parser.add_argument("--only", nargs="*", default=["*"], help="files like these, as in '*/months.py'")
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=15)
    return parser.parse_args()


if __name__ == "__main__":
    main()
