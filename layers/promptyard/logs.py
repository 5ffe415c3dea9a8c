"""Structured logs: one JSON object a line. They hold ids, sizes, times and codes, never prompts, answers or keys."""

import json
from functools import partial
from typing import IO

from aws_lambda_powertools import Logger

_NAME = "promptyard"


def configure(level: str, stream: IO[str] | None = None) -> Logger:
    """Give the loggers below `promptyard` their form and their level. Into `stream`, else standard output, which is
    where Lambda looks."""
    # ASCII alone: what else ends a line to some readers, or steers a terminal, stands there as an escape.
    serializer = partial(json.dumps, default=str, separators=(",", ":"))
    return Logger(service=_NAME, level=level, stream=stream, utc=True, use_rfc3339=True, json_serializer=serializer)
