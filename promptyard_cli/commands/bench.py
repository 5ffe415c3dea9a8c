"""`promptyard bench`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptyard_cli.connection import connect
from promptyard_cli.display.benchmark import follow, show_report
from promptyard_cli.display.output import show_json

if TYPE_CHECKING:
    from promptyard_cli.client.synchronous.client import Client
    from promptyard_cli.client.wire import BenchmarkAnswer

PASSED, GATE_FAILED, BROKEN = 0, 1, 2
AS_JSON = click.option("--json", "as_json", is_flag=True, help="The run and its report as JSON.")
JUNIT = click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="A file for JUnit's XML.")


@click.group("bench")
def command() -> None:
    """Benchmarks: a dataset over prompts and models, with gates. The exit code is 0 where they passed, 1 where one
    failed, 2 where there is no verdict.

    \b
    Example:
      promptyard bench run Answers
    """


@command.command("run")
@click.argument("benchmark")
@click.option("--version", "version", metavar="NAME@LABEL", help="A version of its prompt, instead of its own.")
@click.option("--no-wait", is_flag=True, help="Start it, and show its id alone.")
@AS_JSON
@JUNIT
def run(benchmark: str, version: str | None, no_wait: bool, as_json: bool, junit: Path | None) -> int:
    """Run a benchmark, by its id or its name, and wait for the verdict. It spends what its models cost. Ctrl-C leaves
    it running; `promptyard bench watch` comes back to it.

    \b
    Examples:
      promptyard bench run Answers
      promptyard bench run Answers --version team/answer@production --junit report.xml --json
    """
    with connect() as client:
        found = _found(client, benchmark)
        version_id = None if version is None else client.prompts.version(version)["id"]
        started = client.benchmarks.start(found["id"], version_id=version_id)
        if no_wait:
            click.echo(started["id"])
            return PASSED
        return _wait(client, started["id"], as_json=as_json, junit=junit)


@command.command("watch")
@click.argument("run_id")
@AS_JSON
@JUNIT
def watch(run_id: str, as_json: bool, junit: Path | None) -> int:
    """Wait for a run that has been started, and tell its verdict.

    \b
    Example:
      promptyard bench watch RUN_ID
    """
    with connect() as client:
        return _wait(client, run_id, as_json=as_json, junit=junit)


@command.command("report")
@click.argument("run_id")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="A file for the report as a page.")
@AS_JSON
@JUNIT
def report(run_id: str, html: Path | None, as_json: bool, junit: Path | None) -> int:
    """Tell the verdict of a run that has ended.

    \b
    Examples:
      promptyard bench report RUN_ID
      promptyard bench report RUN_ID --html report.html
    """
    with connect() as client:
        if html is not None:
            html.write_text(client.benchmarks.report_page(run_id), encoding="utf-8")
        return _tell(client, run_id, as_json=as_json, junit=junit)


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "kind", type=click.Choice(["promptfoo", "openai-evals"]), help="Else by the file's ending.")
@click.option("--name", help="Of the dataset and the benchmark, instead of its own.")
@click.option("--judge", help="The model that scores what a model has to.")
@click.option("--skip-unsupported", is_flag=True, help="Leave out what cannot be taken, and name it.")
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON.")
def import_file(file: Path, kind: Any, as_json: bool, **options: Any) -> int:
    """Make a dataset and a benchmark of a config of promptfoo's (.yaml) or evals of OpenAI's (.jsonl).

    \b
    Example:
      promptyard bench import promptfooconfig.yaml --name Imported
    """
    kind = kind or ("promptfoo" if file.suffix in {".yaml", ".yml", ".json"} else "openai-evals")
    with connect() as client:
        made = client.benchmarks.import_file(file.read_bytes(), format=kind, **options)
    if as_json:
        show_json(made)
        return PASSED
    benchmark = made["benchmark"]
    click.echo(f"dataset {made['dataset']['id']}: {made['version']['row_count']} rows")
    if benchmark is not None:
        click.echo(f"benchmark {benchmark['id']}: {benchmark['name']}")
    if made["run"] is not None:
        click.echo(f"run {made['run']['id']}: promptyard bench report {made['run']['id']}")
    for note in made["notes"]:
        click.echo(f"note: {note}", err=True)
    for left in made["left_out"]:
        click.echo(f"left out: line {left['line']}, {left['name']}: {left['reason']}", err=True)
    return PASSED


def _found(client: "Client", name: str) -> "BenchmarkAnswer":
    """By its name, the newest of them; else by its id. Raises ApiError."""
    cursor = None
    while True:
        page = client.benchmarks.list(limit=100, cursor=cursor)
        for benchmark in page["items"]:
            if name in {benchmark["name"], benchmark["id"]}:
                return benchmark
        cursor = page["next_cursor"]
        if cursor is None:
            return client.benchmarks.get(name)


def _wait(client: "Client", run_id: str, *, as_json: bool, junit: Path | None) -> int:
    try:
        follow(client.benchmarks.run(run_id)["name"], client.benchmarks.watch(run_id))
    except KeyboardInterrupt:
        click.echo(f"promptyard: it goes on; promptyard bench watch {run_id}", err=True)
        raise
    return _tell(client, run_id, as_json=as_json, junit=junit)


def _tell(client: "Client", run_id: str, *, as_json: bool, junit: Path | None) -> int:
    ended = client.benchmarks.run(run_id)
    told = client.benchmarks.report(run_id) if ended["status"] == "completed" else None
    if junit is not None:
        from promptyard_cli.junit import junit as as_junit

        junit.write_text(as_junit(ended, told), encoding="utf-8")
    if as_json:
        show_json({"run": ended, "report": told})
    else:
        show_report(ended, told)
    if ended["status"] != "completed":
        return BROKEN
    return GATE_FAILED if ended["passed"] is False else PASSED
