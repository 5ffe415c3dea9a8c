"""Webhooks as Standard Webhooks has them."""

from datetime import UTC, datetime

from pydantic import SecretStr

from promptyard.domain.benchmarks.webhooks import RETRY_SECONDS, new_secret, pause_after, signed_headers


def test_the_signature_is_the_one_of_the_specifications_example() -> None:
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""
    secret = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    headers = signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), body)
    assert headers == {
        "content-type": "application/json",
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_secrets_are_all_different_and_not_shown() -> None:
    made = [new_secret() for _ in range(20)]
    assert len({secret.get_secret_value() for secret in made}) == 20
    assert all(secret.get_secret_value().startswith("whsec_") for secret in made)
    assert "whsec_" not in repr(made)


def test_it_is_tried_eight_times_with_growing_pauses() -> None:
    pauses = [pause_after(attempt) for attempt in range(1, 9)]
    assert pauses == [*RETRY_SECONDS, None]
    assert list(RETRY_SECONDS) == sorted(RETRY_SECONDS)
