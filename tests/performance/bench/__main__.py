"""What a run costs on its way, against a relay that only passes bytes: python -m tests.performance.bench

All on loopback. It ends within minutes, whatever the servers do. `--write` makes docs/performance.md.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.performance import cold_start, first_run
from tests.performance.bench import processes
from tests.performance.bench.kept import memory_left_by_runs, opening_seconds
from tests.performance.bench.page import report, write
from tests.performance.bench.results import Results
from tests.performance.bench.rows import FULL, QUICK, ROWS, Row
from tests.performance.bench.store_use import store_use
from tests.performance.bench.subjects import DIRECT, PROMPTYARD, RELAY, Subject

ROUNDS = 5
MINUTES = 8.0
QUICK_MINUTES = 1.2
KEPT = (10_000, 100_000)
MANY_RUNS = 10_000


def main(arguments: Sequence[str]) -> None:
    asked = _options(arguments)
    signal.signal(signal.SIGTERM, _stop)
    results = Results(QUICK if asked.quick else FULL, bare_relay=not asked.relay_with_all)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        provider = stack.enter_context(processes.provider(folder))
        rows = [row for row in ROWS if not asked.only or row.name in asked.only]
        if rows:
            _measure(results, rows, provider, folder, asked)
        if not asked.only or "store" in asked.only:
            results.store = store_use(provider.address)
            units = {
                "write_units": sum(use.write_units for use in results.store.values()),
                "read_units": sum(use.read_units for use in results.store.values()),
            }
            results.samples.add(PROMPTYARD, dict(units))
        if asked.many_runs:
            results.many_runs = asked.many_runs
            left = memory_left_by_runs(provider.address, folder, asked.many_runs)
            results.samples.add(PROMPTYARD, {"memory_runs": left})
    for kept in asked.kept:
        results.samples.add(PROMPTYARD, {f"opening_{kept}": opening_seconds(kept)})
    if asked.cold_starts:
        results.cold_starts = cold_start.table(*asyncio.run(cold_start.measure()))[0]
        results.cold_starts += ["", *first_run.measured_table()]
    print(report(results))
    if asked.write:
        write(results)


def _stop(*_: object) -> None:
    """So that what was started is ended; a second signal does not keep that from being done."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit("stopped")


def _measure(
    results: Results, rows: Sequence[Row], provider: processes.Server, folder: Path, asked: argparse.Namespace
) -> None:
    """All rounds. A round is not begun when there is no time for one as long as the longest so far."""
    with (
        processes.relay(provider.address, folder, bare=results.bare_relay) as relay,
        processes.promptyard(provider.address, folder, folder / "data") as (promptyard, key),
    ):
        subjects = [
            Subject(DIRECT, provider, processes.PROVIDER_KEY),
            Subject(RELAY, relay, processes.PROVIDER_KEY),
            Subject(PROMPTYARD, promptyard, key),
        ]
        promptyard.wait_until_quiet(results.sizes.patience)
        idle = {subject.name: subject.server.memory_mb() for subject in subjects}
        until, longest = time.monotonic() + asked.minutes * 60, 0.0
        while results.rounds < asked.rounds and time.monotonic() + longest < until:
            round_began = time.monotonic()
            _round(results, rows, subjects, until)
            results.rounds += 1
            longest = max(longest, time.monotonic() - round_began)
        for subject in subjects[1:]:
            peak = subject.server.memory_mb(peak=True)
            results.samples.add(subject.name, {"memory_idle": idle[subject.name], "memory_peak": peak})


def _round(results: Results, rows: Sequence[Row], subjects: Sequence[Subject], until: float) -> None:
    for row in rows:
        if time.monotonic() > until:
            results.failures[f"{row.name}: left out, the time was up"] += 1
            continue
        for subject in subjects:
            if subject.name in row.subjects:
                measured = row.measure(subject, results.sizes)
                results.samples.add(subject.name, measured.values)
                results.note(f"{row.name}, {subject.name}", measured.outcomes)
                subject.server.wait_until_quiet(results.sizes.patience)
        print(f"round {results.rounds + 1}: {row.name}", file=sys.stderr, flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    asked = _parser().parse_args(arguments)
    if asked.write:
        asked.kept, asked.many_runs, asked.cold_starts = list(KEPT), asked.many_runs or MANY_RUNS, True
    elif not asked.kept:
        asked.kept = [] if asked.quick or asked.only else [KEPT[0]]
    asked.rounds = asked.rounds or (1 if asked.quick else ROUNDS)
    asked.minutes = asked.minutes or (QUICK_MINUTES if asked.quick else MINUTES)
    return asked


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.performance.bench", description=(__doc__ or "").split(":")[0]
    )
    parser.add_argument("--quick", action="store_true", help="one small round and no more, in about a minute")
    parser.add_argument("--rounds", type=int, help=f"at most; {ROUNDS} without it")
    parser.add_argument("--minutes", type=float, help=f"for all rounds; {MINUTES:g} without it")
    names = [*(row.name for row in ROWS), "store"]
    parser.add_argument("--only", action="append", choices=names, help="may be repeated")
    parser.add_argument(
        "--kept", action="append", type=int, choices=KEPT, help="open so many kept runs; may be repeated"
    )
    parser.add_argument("--many-runs", type=int, metavar="N", help="memory that so many runs leave; minutes")
    parser.add_argument("--cold-starts", action="store_true", help="of each group, with the packages' sizes; minutes")
    parser.add_argument(
        "--relay-with-all", action="store_true", help="the relay with uvloop and httptools, if installed"
    )
    parser.add_argument("--write", action="store_true", help="all of it, into docs/performance.md")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
