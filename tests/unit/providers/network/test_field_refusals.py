"""Fields that were added without having been asked for, and what becomes of them where a server refuses them."""

import pytest

from promptyard.domain.errors import ProviderError
from promptyard.providers.network import field_refusals
from promptyard.providers.network.field_refusals import FieldRefusals
from promptyard.providers.protocol import ProviderRequest
from promptyard.providers.wires.openai_compatible import NOT_EVERYWHERE, parse_error

NO_EXTRAS = "stream_options: Extra inputs are not permitted"


def request(origin: str = "https://a.example", **body: object) -> ProviderRequest:
    fields = body or {"stream": True, "stream_options": {"include_usage": True}}
    return ProviderRequest(f"{origin}/v1/chat/completions", {"model": "m", **fields}, {}, NOT_EVERYWHERE)


def refusal(message: str, status: int = 400, param: str | None = None) -> ProviderError:
    return ProviderError(message, status=status, param=param)


def test_a_refused_field_is_left_out_at_once_and_from_then_on_for_that_origin() -> None:
    refusals = FieldRefusals()
    again = refusals.learnt_from(refusal(NO_EXTRAS), request())
    assert again is not None
    assert again.body == {"model": "m", "stream": True}
    assert refusals.applied_to(request()).body == {"model": "m", "stream": True}
    assert refusals.applied_to(request("https://b.example")) == request("https://b.example")
    assert refusals.learnt_from(refusal(NO_EXTRAS), again) is None


@pytest.mark.parametrize(
    "error",
    [
        refusal("Something else is not permitted"),
        refusal(NO_EXTRAS, status=500),
        refusal("The stream broke"),
        refusal("max_tokens must be at most 4096", param="max_tokens"),
    ],
)
def test_what_is_no_refusal_of_the_field_changes_nothing(error: ProviderError) -> None:
    refusals = FieldRefusals()
    sent = request(stream=True, max_tokens=5000)
    assert refusals.learnt_from(error, sent) is None
    assert refusals.applied_to(sent) == sent


def test_a_bound_on_the_answer_is_sent_under_its_other_name_and_never_left_out() -> None:
    refusals = FieldRefusals()
    error = refusal("Unsupported parameter: 'max_tokens' is not supported, use 'max_completion_tokens'")
    again = refusals.learnt_from(error, request(max_tokens=50))
    assert again is not None
    assert again.body == {"model": "m", "max_completion_tokens": 50}
    assert refusals.learnt_from(refusal("max_completion_tokens: extra field"), again) is None
    assert refusals.applied_to(request(max_tokens=9)).body == {"model": "m", "max_completion_tokens": 9}


def test_a_bound_that_is_refused_by_the_wires_own_name_for_it_is_sent_under_the_other() -> None:
    sent = request(max_completion_tokens=50)
    body = b'{"error": {"message": "Unknown parameter", "param": "max_completion_tokens"}}'
    again = FieldRefusals().learnt_from(parse_error(400, {}, body), sent)
    assert again is not None
    assert again.body == {"model": "m", "max_tokens": 50}


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(field_refusals, "MAX_ORIGINS", 2)
    refusals = FieldRefusals()
    origins = [f"https://{name}.example" for name in "abc"]
    for origin in origins:
        refusals.learnt_from(refusal(NO_EXTRAS), request(origin))
    forgotten = [origin for origin in origins if "stream_options" in refusals.applied_to(request(origin)).body]
    assert forgotten == origins[:1]
