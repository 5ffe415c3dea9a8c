"""The columns of a benchmark run: prompt versions × targets × intensities, each with a name of its own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from promptyard.domain.benchmarks.benchmark import Benchmark, Column, ColumnIntensity
from promptyard.domain.models.targets import Target
from promptyard.domain.prompts.names import split_version_id

SEPARATOR = "·"


@dataclass(frozen=True, slots=True)
class NamedTarget:
    """A target, and the name of its model, `provider/model`."""

    target: Target
    name: str


def versions_of(
    benchmark: Benchmark, *, newest: str | None = None, labelled: str | None = None, asked: str | None = None
) -> list[str]:
    """The ids of the prompt versions that a run is on, the one that the others are compared with first. `labelled` has
    the label that the benchmark guards; `asked` is the one that the run was asked for."""
    own = [*benchmark.version_ids, asked] if benchmark.prompt_id is None else [asked or newest]
    return list(dict.fromkeys(version for version in (labelled, *own) if version is not None))


def columns_of(benchmark: Benchmark, versions: Sequence[tuple[str | None, Sequence[NamedTarget]]]) -> list[Column]:
    """The product. `versions`: of each its id, None where there is no registry prompt, and the targets as it has
    them, for a version may name the model."""
    wanted: list[tuple[str | None, NamedTarget, ColumnIntensity]] = [
        (version, named, intensity)
        for version, targets in versions
        for named in targets
        for intensity in benchmark.intensities or ["raw"]
    ]
    names = _unique([_name(version, named, intensity, benchmark) for version, named, intensity in wanted])
    return [
        Column(index=index, name=name, version_id=version, target=named.target, intensity=intensity)
        for index, (name, (version, named, intensity)) in enumerate(zip(names, wanted, strict=True))
    ]


def _name(version: str | None, named: NamedTarget, intensity: ColumnIntensity, benchmark: Benchmark) -> str:
    parts = [] if version is None else [f"v{split_version_id(version)[1]}"]
    parts.append(named.name)
    if benchmark.intensities:
        parts.append(str(intensity))
    return SEPARATOR.join(parts)


def _unique(names: Sequence[str]) -> list[str]:
    """What stands several times has its place among those put after it: `openai/gpt-4o (2)`."""
    seen: Counter[str] = Counter()
    taken, unique = set(names), []
    for name in names:
        candidate = name
        while seen[name] and (candidate == name or candidate in taken):
            seen[name] += 1
            candidate = f"{name} ({seen[name]})"
        seen[name] = seen[name] or 1
        taken.add(candidate)
        unique.append(candidate)
    return unique


def baseline_of(columns: Sequence[Column], baseline: str | None) -> int | None:
    """The index of the column of that name; else, for versions move on, of the first that differs from it in its
    version alone. The first of all where no name is given; None where there is none of it."""
    if baseline is None:
        return 0
    for part in (_whole, _without_version):
        for column in columns:
            if part(column.name) == part(baseline):
                return column.index
    return None


def _whole(name: str) -> str:
    return name


def _without_version(name: str) -> str:
    first, separator, rest = name.partition(SEPARATOR)
    return rest if separator and first[:1] == "v" and first[1:].isdigit() else name


def versions_held(columns: Sequence[Column], baseline: int, asked: str | None) -> list[str]:
    """The ids of the prompt versions that the gates of a run speak of: the one that it was asked for, else those of
    every column that is held to them, which the baseline is only where it is alone."""
    if asked is not None:
        return [asked]
    held = [column for column in columns if column.index != baseline] or columns
    return list(dict.fromkeys(column.version_id for column in held if column.version_id is not None))
