"""What Lambda carries: a request's body, and that of an answer which is not streamed, is a text in a JSON document,
where quotes, backslashes and control characters take more than one byte."""

from collections.abc import Callable

MAX_CARRIED_BYTES = 6_000_000
"""What a body may take there. Lambda's own bound is 6,291,456 bytes for all of the document: the rest is for headers,
which API Gateway bounds by 10,240 bytes and writes twice, and for what it tells of the request."""

_TWO_BYTES = b'"\\\b\t\n\f\r'
_SIX_BYTES = bytes(set(range(0x20)) - set(_TWO_BYTES))


def carried_bytes(body: bytes) -> int:
    """What the body, in UTF-8, takes as a text in JSON, without the quotes around it."""
    two = len(body) - len(body.translate(None, _TWO_BYTES))
    six = len(body) - len(body.translate(None, _SIX_BYTES))
    return len(body) + two + 5 * six


def beginning(text: str, room: int, size: Callable[[str], int]) -> str:
    """As much of the text as has no more than that size, which is one at least for each character: the text itself
    where that is all of it."""
    if len(text) > room:
        text = text[:room]
    while text and (taken := size(text)) > room:
        text = text[: min(len(text) - 1, len(text) * room // taken)]
    return text
