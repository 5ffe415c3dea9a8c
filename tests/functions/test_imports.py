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
from promptyard.api.late_routes import import_routes
import_routes(importlib.import_module(sys.argv[1]).app)
print(*(name for name in sys.argv[2:] if name in sys.modules))
"""

ROUTES_LATE = ("history", "playgrounds", "benchmarks")
"""Groups whose routes are in many modules, which wait for the first request of each."""
OF_ROUTES = ("promptyard.domain.models", "promptyard.domain.prompts", "promptyard.services")
"""What those need: what starts with one of these names."""
AT_START = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(*(name for name in sys.modules if name.startswith(tuple(sys.argv[2:]))))
"""


@pytest.mark.parametrize("group", WITH_ROUTES)
def test_the_routes_of_a_group_import_nothing_that_they_do_not_need(group: str) -> None:
    command = [sys.executable, "-c", PROGRAM, f"functions.{group}.app", *LATE, *NOT_FOR.get(group, ())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("group", ROUTES_LATE)
def test_a_function_of_many_routes_starts_without_them(group: str) -> None:
    command = [sys.executable, "-c", AT_START, f"functions.{group}.app", f"functions.{group}.", *OF_ROUTES]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {f"functions.{group}.app", f"functions.{group}.paths"}
