"""The blocks of docs/clients.md that can be run here are run as they stand, but for the address."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers.server import StartServer

PAGE = (Path(__file__).parents[3] / "docs" / "clients.md").read_text()
DOCUMENTED = "http://127.0.0.1:8000"
SECTIONS = {title: text for title, _, text in (part.partition("\n") for part in PAGE.split("\n## ")[1:])}


def blocks(section: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", SECTIONS[section], re.MULTILINE | re.DOTALL)


def test_the_sdks_blocks_do_what_they_say(start_server: StartServer, subtests: pytest.Subtests) -> None:
    server = start_server({})
    for command in blocks("openai-python", "bash")[0].replace("\\\n", "").strip().split("\n"):
        subprocess.run(["sh", "-c", command.replace(DOCUMENTED, server.url) + " --fail --silent"], check=True)
    for section, said in (
        ("openai-python", ["You asked:", "Parse No. 7."]),
        ("anthropic (Python and JavaScript)", ["You asked:"]),
    ):
        with subtests.test(section=section):
            program = "\n".join(blocks(section, "python")).replace(DOCUMENTED, server.url).replace("py_live_…", "any")
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            for text in said:
                assert text in done.stdout
    endpoints = [run["endpoint"] for run in server.client.get("/api/v1/playground/history").json()["items"]]
    assert endpoints == ["messages", "responses", "chat/completions"]
