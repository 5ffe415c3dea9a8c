"""What of a failure of ours those who run the deployment can see."""

import logging

import httpx
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from promptyard.api.app import create_app
from promptyard.domain.diagnostics import cause_fields
from promptyard.domain.errors import NotFound, PromptyardError, StoreUnavailable
from promptyard.settings import BadSetting

CANARY = "sk-canary-55d0"


def refused() -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": CANARY}}, "GetItem")


async def answer(raised: Exception, cause: Exception | None, hidden: str = CANARY) -> int:
    app = create_app(provide=lambda: pytest.fail("nothing is needed"))

    @app.get("/fails")
    async def fails() -> None:
        raise raised from cause

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answered = await client.get("/fails")
        assert hidden not in answered.text
        return answered.status_code


async def test_why_the_store_refused_is_logged_and_nothing_that_it_said(caplog: pytest.LogCaptureFixture) -> None:
    assert await answer(StoreUnavailable("The store cannot be reached"), refused()) == 503
    [record] = [record for record in caplog.records if record.name == "promptyard.errors"]
    assert record.levelno == logging.ERROR
    fields = vars(record)
    assert (fields["code"], fields["cause"]) == ("store_unavailable", "ClientError")
    assert (fields["aws_code"], fields["aws_operation"]) == ("AccessDeniedException", "GetItem")
    assert CANARY not in str(fields)


async def test_of_what_nobody_expected_the_type_and_the_place_are_logged_and_nothing_that_it_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await answer(RuntimeError(f"no use for {CANARY}"), ValueError(CANARY)) == 500
    records = [record for record in caplog.records if record.name.startswith("promptyard")]
    [failed] = [record for record in records if record.levelno == logging.ERROR]
    fields = vars(failed)
    assert fields["error_type"] == "RuntimeError"
    assert any("test_failures_logged.py" in frame for frame in fields["frames"])
    assert not any(record.exc_info or CANARY in str(vars(record)) for record in records)


async def test_a_setting_that_cannot_be_used_is_named_to_those_who_run_the_deployment_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = "PROMPTYARD_JWT_ISSUERS: Field required at 0.audience"
    assert await answer(BadSetting(said), None, hidden="PROMPTYARD_") == 500
    [record] = [record for record in caplog.records if record.name == "promptyard.errors"]
    assert (vars(record)["code"], vars(record)["reason"]) == ("internal", said)


async def test_what_is_the_callers_own_fault_is_not(caplog: pytest.LogCaptureFixture) -> None:
    assert await answer(NotFound("nothing there"), None) == 404
    assert not [record for record in caplog.records if record.name == "promptyard.errors"]


def test_a_cause_that_was_left_out_of_the_traceback_is_named() -> None:
    error: PromptyardError = StoreUnavailable("Secrets cannot be reached")
    error.__context__ = EndpointConnectionError(endpoint_url="https://secrets")
    assert cause_fields(error) == {"cause": "EndpointConnectionError", "aws_code": None, "aws_operation": None}
    assert cause_fields(StoreUnavailable("busy")) == {}
