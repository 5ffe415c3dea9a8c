"""What a function loads before it is asked for anything, which is what its cold start is made of."""

import subprocess
import sys

import pytest

from tests.support.servers.packages import WITH_ROUTES

LATE = ("boto3", "botocore", "cryptography", "httpx", "jwt", "moto", "promptyard.providers.wires.bedrock_client")
"""What is imported by the first request that needs it."""
RUNNING = "promptyard.services.runs.execution"
PLAYGROUNDS = "promptyard.services.playgrounds"
NOT_FOR = {
    "history": (RUNNING, PLAYGROUNDS),
    "prompts": (RUNNING, PLAYGROUNDS),
    "catalog": (RUNNING, PLAYGROUNDS, "promptyard.storage.runs", "promptyard.services.prompts"),
    "playgrounds": (RUNNING,),
    "benchmarks": (RUNNING, PLAYGROUNDS),
    "account": (RUNNING,),
    "web": (RUNNING, PLAYGROUNDS, "promptyard.storage.runs", "promptyard.services.prompts"),
}
"""What a group has no use for."""

PROGRAM = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(*(name for name in sys.argv[2:] if name in sys.modules))
"""


@pytest.mark.parametrize("group", WITH_ROUTES)
def test_a_function_starts_without_what_it_does_not_need(group: str) -> None:
    command = [sys.executable, "-c", PROGRAM, f"functions.{group}.app", *LATE, *NOT_FOR.get(group, ())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
