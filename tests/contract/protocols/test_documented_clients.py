"""The programs of docs/clients.md that can be run here are run as they stand, but for the address."""

import subprocess
import sys

import pytest

from tests.support.checks.pages import page
from tests.support.servers.server import StartServer
from tests.support.servers.walk import DOCUMENTED

PAGE = page("docs/clients.md")


def test_the_sdks_blocks_do_what_they_say(start_server: StartServer, subtests: pytest.Subtests) -> None:
    server = start_server({})
    for command in PAGE.section("openai-python").blocks("bash")[0].replace("\\\n", "").strip().split("\n"):
        subprocess.run(["sh", "-c", command.replace(DOCUMENTED, server.url) + " --fail --silent"], check=True)
    for section, said in (
        ("openai-python", ["You asked:", "Parse No. 7."]),
        ("anthropic (Python and JavaScript)", ["You asked:"]),
    ):
        with subtests.test(section=section):
            program = (
                "\n".join(PAGE.section(section).blocks("python"))
                .replace(DOCUMENTED, server.url)
                .replace("py_live_…", "any")
            )
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            for text in said:
                assert text in done.stdout
    endpoints = [run["endpoint"] for run in server.client.get("/api/v1/playground/history").json()["items"]]
    assert endpoints == ["messages", "responses", "chat/completions"]


def test_the_program_for_agents_does_what_it_says(start_server: StartServer) -> None:
    [program] = [block.text for block in page("docs/agents.md").blocks if block.language == "python"]
    command = [sys.executable, "-c", program.replace(DOCUMENTED, start_server({}).url)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "You asked: “Explain event loops.”" in done.stdout
