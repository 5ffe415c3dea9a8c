"""Every group's function as its package, on AWS's own emulator, with the events of an API Gateway REST API."""

from typing import Any

import pytest

from tests.support.deployed import deployed
from tests.support.packages import GROUPS, Packages

pytestmark = pytest.mark.emulator

PLAYGROUND = "/api/v1/playground"
QUICK = {
    "run": ("POST", f"{PLAYGROUND}/compile", {"type": "text", "text": "Hello {{name}}", "variables": {"name": "you"}}),
    "compare": ("POST", f"{PLAYGROUND}/comparisons/none/cancel", None),
    "history": ("GET", f"{PLAYGROUND}/history?limit=5", None),
    "prompts": ("GET", "/api/v1/prompts?search=x", None),
    "playgrounds": ("GET", "/api/v2/genai/playgrounds/?limit=5", None),
    "catalog": ("GET", f"{PLAYGROUND}/providers", None),
    "account": ("GET", "/api/v1/keys", None),
}
"""A request to each group that calls no provider."""


@pytest.mark.parametrize("group", GROUPS)
async def test_it_starts_answers_and_knows_who_calls(packages: Packages, account: Any, group: str) -> None:
    method, url, body = QUICK[group]
    async with deployed(packages, group, account.environment, account.key) as function:
        cold = await function("GET", "/health", key=None)
        assert (cold.status, cold.json()) == (200, {"status": "ok"})
        assert f"START RequestId: {cold.headers['x-request-id']}" in function.emulator.log
        stranger = await function(method, url, body, key=None)
        assert stranger.status == 401
        assert stranger.headers["www-authenticate"] == "Bearer"
        caller = await function(method, url, body)
        assert caller.status == (404 if "none" in url else 200), caller.text
        nowhere = await function("GET", "/health/", key=None)
        assert nowhere.status == 404
        assert account.key not in function.emulator.log
