"""What a provider says went wrong, wherever its server put it."""

import json
from typing import Any

from promptyard.providers.reading.surrogates import whole

PLACES = (
    "message",
    "Message",
    "error",
    "detail",
    "errors",
    "error_description",
    "error_message",
    "errorMessage",
    "error_msg",
    "msg",
    "base_resp",
    "status_msg",
    "fault",
    "faultstring",
    "description",
    "title",
    "reason",
)
"""Where servers put it, the plainest first."""
MAX_DEPTH = 8


def sentence(value: Any, depth: int = 0) -> str:
    """The sentence in an error of whatever form: an object, a list, JSON text, plain text; empty where there is none.

    Gateways quote in `metadata.raw` what the provider behind them said: it follows what they say themselves.
    """
    if depth > MAX_DEPTH:
        return ""
    if isinstance(value, str):
        return _of_text(value.strip(), depth)
    if isinstance(value, list):
        return "; ".join(found for item in value[:20] if (found := _of_item(item, depth + 1)))
    if not isinstance(value, dict) or value.get("status_code") == 0:  # MiniMax: all is well
        return ""
    said = next((found for place in PLACES if (found := sentence(value.get(place), depth + 1))), "")
    metadata = value.get("metadata")
    quoted = sentence(metadata.get("raw"), depth + 1) if isinstance(metadata, dict) else ""
    return ": ".join(part for part in (said, quoted) if part) if quoted not in said else said


def _of_text(text: str, depth: int) -> str:
    if text.startswith(("{", "[", '"')):
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            value = None
        if value is not None or text.startswith("{"):
            return sentence(value, depth + 1)
    return "" if text.startswith("<") else whole(text)


def _of_item(item: Any, depth: int) -> str:
    """One of a list. FastAPI's name the place beside the sentence."""
    said = sentence(item, depth)
    path = item.get("loc") if isinstance(item, dict) else None
    steps = [str(step) for step in path if step != "body"] if isinstance(path, list) else []
    return f"{'.'.join(steps)}: {said}" if steps and said else said
