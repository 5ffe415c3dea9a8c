"""Telling a benchmark's webhook."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from pydantic import SecretStr

from promptyard.domain.benchmarks.benchmark import Benchmark, BenchmarkRun, BenchmarkStatus
from promptyard.domain.benchmarks.messages import WebhookMessage
from promptyard.domain.benchmarks.webhooks import RETRY_SECONDS, WebhookDelivery, signed_headers
from promptyard.domain.errors import EndpointRefused
from promptyard.services.benchmarks.outside.webhooks import Webhooks
from tests.support.samples.sample_benchmarks import new_benchmark_run

SECRET = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
RUN = new_benchmark_run(webhook_url="https://example.com", status=BenchmarkStatus.COMPLETED, ended_at=datetime.now(UTC))
MESSAGE = WebhookMessage(tenant="acme", benchmark_run_id=RUN.id)


class Other:
    """The other side, and everything between."""

    def __init__(self, *answers: int | Exception, secret: SecretStr | None = SECRET) -> None:
        self._answers = list(answers)
        self._secret = secret
        self.posted: list[tuple[dict[str, str], bytes]] = []
        self.sent: list[tuple[WebhookMessage, int]] = []
        self.kept: list[WebhookDelivery] = []

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        self.posted.append((headers, body))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def send(self, messages: list[WebhookMessage], *, delay_seconds: int = 0) -> None:
        self.sent += [(message, delay_seconds) for message in messages]

    async def add(self, tenant: str, benchmark_id: str, delivery: WebhookDelivery) -> None:
        self.kept.append(delivery)

    async def get(self, tenant: str, thing: str) -> BenchmarkRun | Benchmark:
        return RUN if thing == RUN.id else RUN.benchmark

    async def tell(self, message: WebhookMessage = MESSAGE) -> None:
        one = cast("Any", self)
        await Webhooks(
            benchmarks=one, runs=one, deliveries=one, secrets=_Secrets(self._secret), poster=one, queue=one
        ).webhook(message)


class _Secrets:
    def __init__(self, secret: SecretStr | None) -> None:
        self._secret = secret

    async def get(self, tenant: str, benchmark_id: str) -> SecretStr | None:
        return self._secret

    async def make(self, tenant: str, benchmark_id: str, url: str) -> SecretStr:
        raise NotImplementedError

    async def remove(self, tenant: str, benchmark_id: str) -> None:
        raise NotImplementedError


async def test_what_is_taken_is_told_once_and_signed() -> None:
    other = Other(204)
    await other.tell()
    [(headers, body)] = other.posted
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert signed_headers(SECRET, headers["webhook-id"], at, body) == headers
    [delivery] = other.kept
    assert (delivery.delivered, delivery.status, delivery.attempt, delivery.next_at) == (True, 204, 1, None)
    assert other.sent == []


async def test_what_is_not_taken_is_told_again_under_the_same_id_until_there_is_no_more_to_try() -> None:
    answers = [500, EndpointRefused("no"), 302, *[503] * (len(RETRY_SECONDS) - 2)]
    other, message = Other(*answers), MESSAGE
    for _ in answers:
        await other.tell(message)
        message = other.sent[-1][0].model_copy(update={"due_at": None})
    assert len({headers["webhook-id"] for headers, _ in other.posted}) == 1
    assert [delivery.attempt for delivery in other.kept] == list(range(1, len(answers) + 1))
    assert [delivery.next_at is None for delivery in other.kept] == [False] * len(RETRY_SECONDS) + [True]
    assert not any(delivery.delivered for delivery in other.kept)
    assert [delay for _, delay in other.sent] == [pytest.approx(min(pause, 900), abs=1) for pause in RETRY_SECONDS]


async def test_who_is_gone_is_told_no_more_and_who_has_no_secret_nothing() -> None:
    gone = Other(410)
    await gone.tell()
    assert (gone.sent, gone.kept[0].next_at) == ([], None)
    nobody = Other(secret=None)
    await nobody.tell()
    assert (nobody.posted, nobody.kept) == ([], [])


async def test_a_long_pause_is_several_delays() -> None:
    other = Other()
    await other.tell(MESSAGE.model_copy(update={"due_at": datetime.now(UTC) + timedelta(hours=1)}))
    assert other.posted == []
    assert [delay for _, delay in other.sent] == [900]
