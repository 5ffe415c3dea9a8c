"""A collector's address and headers, as OpenTelemetry's own variables have them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.otlp import parse_headers, traces_url
from promptyard.settings import BadSetting, Settings, faults_of_a_function

CANARY = "sk-canary-1d5e"


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("", {}),
        (" , ", {}),
        ("api-key=abc", {"api-key": "abc"}),
        (
            "Authorization=Basic cGs6c2s=,x-langfuse-ingestion-version=4",
            {"authorization": "Basic cGs6c2s=", "x-langfuse-ingestion-version": "4"},
        ),
        ("Authorization=Bearer%20abc , b = 2", {"authorization": "Bearer abc", "b": "2"}),
    ],
)
def test_headers(text: str, headers: dict[str, str]) -> None:
    assert parse_headers(text) == headers


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        f"a b={CANARY}",
        f"={CANARY}",
        f"key={CANARY}%0d%0ax-injected: 1",
        f"key={CANARY}é",
        "key=",
        f"content-length={CANARY}",
        f"Host={CANARY}",
    ],
)
def test_headers_that_cannot_be_sent_are_refused_without_a_word_of_them(text: str) -> None:
    with pytest.raises(ValueError, match="header") as refused:
        parse_headers(text)
    assert CANARY not in str(refused.value)
    with pytest.raises(BadSetting) as bad:
        Settings.from_environment({"OTEL_EXPORTER_OTLP_HEADERS": text})
    assert str(bad.value).startswith("OTEL_EXPORTER_OTLP_HEADERS: ")
    assert CANARY not in str(bad.value)


@given(st.text(max_size=60))
def test_whatever_is_taken_can_be_sent(text: str) -> None:
    try:
        headers = parse_headers(text)
    except ValueError:
        return
    for name, value in headers.items():
        assert name.isascii()
        assert value.isascii()
        assert value.isprintable()


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
        ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
        ("https://cloud.langfuse.com/api/public/otel", "https://cloud.langfuse.com/api/public/otel/v1/traces"),
    ],
)
def test_spans_go_below_the_endpoint(endpoint: str, url: str) -> None:
    assert traces_url(endpoint) == url


@pytest.mark.parametrize("endpoint", ["collector:4318", "ftp://x", "https://a b", "file:///etc/passwd"])
def test_an_endpoint_that_is_none_is_told_at_the_start_and_at_the_synthesis(endpoint: str) -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    with pytest.raises(BadSetting, match=r"^OTEL_EXPORTER_OTLP_ENDPOINT: "):
        Settings.from_environment(environment)
    [(name, _)] = faults_of_a_function(environment, "unknown")
    assert name == "otlp_endpoint"


def test_the_headers_show_in_no_repr() -> None:
    settings = Settings.from_environment({"OTEL_EXPORTER_OTLP_HEADERS": f"api-key={CANARY}"})
    assert CANARY not in repr(settings) + settings.model_dump_json()
