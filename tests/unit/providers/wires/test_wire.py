"""What every adapter reads in the same way."""

import pytest

from promptyard.providers.wires import wire


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "2", "retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "300.5"}, 0.3005),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e300"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"}, None),
        ({"retry-after-ms": "9" * 5000}, None),
        ({"retry-after-ms": "٣"}, None),
    ],
)
def test_the_time_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert wire.retry_after_seconds(headers) == seconds


def test_an_errors_sentence_can_be_written_as_utf_8() -> None:
    assert wire.error_message({"message": "bad \ud800 thing"}, 400) == "bad \ufffd thing"
