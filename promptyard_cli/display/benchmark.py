"""A benchmark run while it goes on, and its report."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from promptyard_cli.display.numbers import UNKNOWN, count, duration, money, score
from promptyard_cli.display.output import console, for_people, harmless, show_table, show_words

if TYPE_CHECKING:
    from promptyard_cli.client.wire import BenchmarkReport, BenchmarkRunAnswer

NUMBERS = ("n", "mean", "between", "median", "p95")


def follow(name: str, events: Iterable[Any]) -> None:
    """Read them to the end, with a bar in a terminal, the cost so far and the time that is left."""
    with _bar(name) as show:
        for event in events:
            show(event)


def _bar(name: str) -> AbstractContextManager[Any]:
    if not for_people():
        return nullcontext(lambda _event: None)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
        console=console(stderr=True),
        expand=True,
        transient=True,
    )
    return _Showing(progress, harmless(name))


class _Showing:
    """The bar, fed with events."""

    def __init__(self, progress: Any, name: str) -> None:
        self._progress = progress
        self._name = name

    def __enter__(self) -> Any:
        self._progress.__enter__()
        self._task = self._progress.add_task(self._name, total=None, told="")
        return self._show

    def __exit__(self, *error: object) -> None:
        self._progress.__exit__(*error)

    def _show(self, event: dict[str, Any]) -> None:
        cells, left = event["cells"], event.get("seconds_left")
        gone = cells["done"] + cells["poison"]
        told = money(event["cost_usd"]) + (f" · {duration(left * 1000)} left" if left is not None else "")
        failed = f" · {cells['failed']} failed" if cells["failed"] else ""
        self._progress.update(self._task, total=cells["total"], completed=gone, told=told + failed)


def show_report(run: "BenchmarkRunAnswer", report: "BenchmarkReport | None") -> None:
    cells = run["cells"]
    show_words(
        f"{run['name']}: {run['status']}, {count(cells['done'])} of {count(cells['total'])} cells, "
        f"{count(cells['failed'])} failed, {count(cells['poison'])} could not be run, {money(run['cost_usd'])}"
    )
    if run["error"]:
        show_words(run["error"])
    if report is None:
        return
    _show_columns(report)
    for verdict in report["gates"]:
        mark, style = ("passed", "green") if verdict["passed"] else ("FAILED", "red")
        show_words(f"{mark}  {verdict['words']}", style)
    show_words(report["sentence"])


def _show_columns(report: "BenchmarkReport") -> None:
    """In a terminal a table each; for a program one, with their names in it."""
    if not for_people():
        rows = [(column["column"], *row) for column in report["columns"] for row in _rows(column)]
        show_table(("column", "measure", *NUMBERS), rows)
        return
    for column in report["columns"]:
        show_words(f"\n{column['column']}", "bold")
        show_table(("measure", *NUMBERS), _rows(column), numbers=NUMBERS)


def _rows(column: Any) -> list[tuple[str, ...]]:
    measures: list[tuple[str, Any, Any]] = [(name, score, summary) for name, summary in column["metrics"].items()]
    measures += [("time", duration, column["latency_ms"]), ("cost", money, column["cost_usd"])]
    return [
        (
            name,
            count(summary["n"]),
            written(summary["mean"]),
            " to ".join(map(written, summary["interval"])) if summary["interval"] else UNKNOWN,
            written(summary["median"]),
            written(summary["p95"]),
        )
        for name, written, summary in measures
    ]
