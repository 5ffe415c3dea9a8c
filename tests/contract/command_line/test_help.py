"""Every command has help with an example, and every example works as it stands."""

import re
import shlex
from pathlib import Path

import pytest

from promptyard_cli.client import Client
from scripts import make_command_line
from scripts.make_command_line import commands, help_of
from tests.contract.command_line.conftest import CommandLine
from tests.support.servers.server import RunningServer

EXAMPLES = {
    name: re.findall(r"^    (.*\bpromptyard\b.*)$", help_of(name, command), flags=re.MULTILINE)
    for name, command in commands()
}
ELSEWHERE = {"promptyard serve", "promptyard backup"}
"""Tried in a process of its own, by test_wheel; on data that is on disk, by tests/unit/local/test_backup.py."""
PROMPTFOO = """
prompts: ["Say {{word}}."]
providers: [openai:gpt-4o]
tests:
  - vars: {word: hello}
    assert: [{type: contains, value: hello}]
"""


def test_the_page_says_what_the_help_says() -> None:
    assert make_command_line.FILE.read_text() == make_command_line.text(), "make snapshots"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_command_has_an_example_of_itself(name: str) -> None:
    assert any(name.rsplit(maxsplit=1)[-1] in example for example in EXAMPLES[name])


@pytest.fixture
def words(server: RunningServer, home: Path) -> dict[str, str]:
    """What the examples name is there: prompts, a benchmark with a run, files, profiles. What they call by a word in
    capitals has this value."""
    (home / "prompt.txt").write_text("Answer in one word: {{question}}")
    (home / "key.txt").write_text("py_live_kept\n")
    (home / "promptfooconfig.yaml").write_text(PROMPTFOO)
    with Client(server.url) as client:
        for content in ("{{question}}", "Answer: {{question}}"):
            client.prompts.save(namespace="team", slug="answer", content=content, default_model="demo/echo")
        client.prompts.label("team/answer", "production", 1)
        dataset = client.datasets.create("questions")
        client.datasets.add_version(dataset["id"], b'{"variables": {"question": "Why?"}, "reference": "Why?"}')
        benchmark = client.benchmarks.create(
            name="Answers",
            dataset_id=dataset["id"],
            prompt_id="team/answer",
            targets=[{"model": "demo/echo"}],
            metrics=[{"metric": "exact_match"}],
        )
        run = client.benchmarks.start(benchmark["id"])
        list(client.benchmarks.watch(run["id"]))
        (home / "tenant.zip").write_bytes(client.tenant.export())
        return {"RUN_ID": run["id"], "KEY_ID": client.keys.create(name="old")["id"]}


def test_every_example_works(promptyard: CommandLine, words: dict[str, str], home: Path) -> None:
    promptyard("keys", "set", "--profile", "work", given="py_live_kept")
    tried = 0
    for name, examples in EXAMPLES.items():
        for example in examples if name not in ELSEWHERE else ():
            line, given = example, ""
            if line.startswith("eval "):
                line = line.removeprefix('eval "$(').removesuffix(')"')
            if line.startswith("echo "):
                told, _, line = line.partition(" | ")
                given = shlex.split(told)[1]
            line, _, file = line.partition(" < ")
            given = (home / file).read_text() if file else given
            arguments = [words.get(word, word) for word in shlex.split(line)[1:]]
            ended = promptyard(*arguments, given=given)
            assert (ended.code, ended.err if "-u" not in arguments else "") == (0, ""), example
            tried += 1
    assert tried > len(EXAMPLES)
