"""The times and sizes that are promised, stated: tests that import one of them move with it."""

from datetime import timedelta
from importlib import import_module

import pytest

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
PROMISED = {
    "promptyard.services.account.key_directory": {
        "CACHE_SECONDS": MINUTE,  # README, docs/operations.md: a revoked key holds for a minute at most
        "UNKNOWN_SECONDS": 10.0,
        "LAST_USE_INTERVAL": timedelta(minutes=1),
        "CACHE_SIZE": 10_000,
    },
    "promptyard.services.account.tenant_directory": {"CACHE_SECONDS": MINUTE},
    "promptyard.services.account.provider_keys": {"CACHE_SECONDS": MINUTE, "CACHE_SIZE": 1_000},
    "promptyard.api.auth.jwt_tokens": {"LEEWAY_SECONDS": 30, "MAX_TOKEN_LENGTH": 8_192},
    "promptyard.api.auth.jwks": {
        "REFRESH_SECONDS": 10 * MINUTE,
        "MAX_AGE_SECONDS": HOUR,
        "MIN_INTERVAL_SECONDS": 30.0,
        "TIMEOUT_SECONDS": 5.0,
        "MAX_BYTES": 256 * 1024,
    },
    "promptyard.providers.wires.demo_arguments": {"MAX_DEPTH": 20, "MAX_ITEMS": 10, "MAX_CHARACTERS": 100_000},
    "promptyard.providers.wires.demo": {"DEFAULT_DELAY_MS": 5, "MAX_DELAY_MS": 60_000},
    "promptyard.providers.wires.anthropic": {"DEFAULT_MAX_TOKENS": 8_192, "MAX_DEFAULT_MAX_TOKENS": 32_000},
    "promptyard.providers.reading.answer_reader": {"MAX_REASON_CHARACTERS": 300},
    "promptyard.providers.reading.faults": {
        "MAX_MESSAGE_CHARACTERS": 10_000,
        "MAX_PLAIN_CHARACTERS": 2_000,
        "MAX_RETRY_AFTER_SECONDS": 366 * DAY,
    },
    "promptyard.providers.reading.sentences": {"MAX_DEPTH": 8},
    "promptyard.providers.reading.usage_counts": {"MAX_COST_USD": 1_000_000},
    "promptyard.providers.reading.values": {"MAX_WORD_CHARACTERS": 64, "MAX_INDEX": 1_000_000},
    "promptyard.services.ports.runs": {"IDEMPOTENCY_KEPT_FOR": timedelta(hours=24)},
    "promptyard.services.runs.idempotency": {"PATIENCE_SECONDS": 3.0, "LONGEST": timedelta(minutes=16)},
    "promptyard.services.runs.resuming.kept_streams": {"KEPT_FOR": timedelta(hours=1)},
    "promptyard.services.runs.resuming.stream_memory": {"KEPT_FOR_SECONDS": HOUR},
    "promptyard.services.runs.provider_attempts": {"MAX_RETRY_WAIT_SECONDS": 20.0},
    "promptyard.services.tenant_data.erasure": {"LET_IN_BEFORE": timedelta(minutes=2)},
    "promptyard.domain.account.api_keys": {"_BITS": 256},
    "promptyard.domain.account.quotas": {"MAX_RUNS_AT_ONCE": 1_000},
    "promptyard.domain.models.estimates": {
        "IMAGE_TOKENS_BOUND": 50_000,
        "MESSAGE_OVERHEAD": 16,
        "REQUEST_OVERHEAD": 1_024,
        "REQUEST_TOKENS": 8,
        "MESSAGE_TOKENS": 5,
        "CALL_TOKENS": 10,
    },
    "promptyard.domain.metering.counts": {
        "MAX_CONTEXT": 10_000_000,
        "MAX_OUTPUT": 1_000_000,
        "ROUNDS": 10,
        "UNSEEN_TOKENS_PER_SECOND": 100,
    },
    "promptyard.domain.metering.guardrail_calls": {"HELD_FOR": timedelta(minutes=2), "UNIT_CHARACTERS": 1_000},
    "promptyard.domain.metering.charges": {
        "SETTLE_GRACE": timedelta(seconds=30),
        "PLATFORM_UNIT": timedelta(minutes=1),
    },
    "promptyard.domain.metering.usage_summary": {"MAX_NAMES": 200},
    "promptyard.domain.metering.limits": {"BUSY_SECONDS": 2.0},
    "promptyard.api.run_response": {"FIRST_EVENT_PATIENCE_SECONDS": 10.0},
    "promptyard.api.sse": {"KEEP_ALIVE_SECONDS": 15.0},
    "promptyard.storage.benchmarks.webhook_deliveries": {"KEPT_FOR": timedelta(days=30)},
}


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [(module, name, value) for module, constants in PROMISED.items() for name, value in constants.items()],
)
def test_a_time_is_as_long_as_it_is_said_to_be(module: str, name: str, value: object) -> None:
    assert getattr(import_module(module), name) == value
