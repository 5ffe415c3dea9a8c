"""What a function loads before it is asked for anything, which is what its cold start is made of."""

import subprocess
import sys

import pytest

from tests.support.servers.packages import WITH_ROUTES

LATE = (
    "boto3",
    "httpx",
    "promptyard.domain.models.catalogue_data",
    "promptyard.providers",
    "promptyard.settings",
    "promptyard.storage",
)
"""What is imported by the first request that needs it."""

PROGRAM = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(*(name for name in sys.argv[2:] if name in sys.modules))
"""


@pytest.mark.parametrize("group", WITH_ROUTES)
def test_a_function_starts_without_what_only_some_requests_need(group: str) -> None:
    command = [sys.executable, "-c", PROGRAM, f"functions.{group}.app", *LATE]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
