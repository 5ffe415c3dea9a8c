"""The matrix of clients and cases, as it came out, at the end of the run."""

from typing import Any

from tests.clients.matrix import CASES

MARKS = {"passed": "yes", "failed": "NO", "skipped": "-", "error": "NO"}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    cells: dict[tuple[str, str], str] = {}
    for outcome in ("passed", "skipped", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, value in getattr(report, "user_properties", ()):
                if name == "cell":
                    cells[tuple(value)] = MARKS[outcome]
    if cells:
        terminalreporter.section("clients by cases (-: the client has nothing of the kind)")
        for line in table(cells):
            terminalreporter.line(line)


def table(cells: dict[tuple[str, str], str]) -> list[str]:
    clients = list(dict.fromkeys(client for client, _ in cells))
    width = max(map(len, clients))
    lines = [" " * width + "".join(f"  {case}" for case in CASES)]
    for client in clients:
        told = "".join(f"  {cells.get((client, case), ''):^{len(case)}}" for case in CASES)
        lines.append(f"{client:{width}}{told}")
    return lines
