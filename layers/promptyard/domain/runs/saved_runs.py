"""Runs that a client carried out, or watched, and saves as it likes."""

from datetime import datetime
from typing import Any

from promptyard.domain.deferred import FrozenModel
from promptyard.domain.errors import TooLarge
from promptyard.domain.models.messages import MAX_TEXT_BYTES


class SavedRun(FrozenModel):
    """A record of the client's own making. `config` and `results` are JSON in its own form, and given back as they
    came."""

    id: str
    """Time-ordered, as a run's."""
    tenant: str
    prompt_id: str
    version_id: str | None = None
    config: dict[str, Any]
    results: list[dict[str, Any]]
    created_at: datetime
    retention_days: int | None = None
    """As a run's."""


def check_texts(content: Any) -> None:
    """Raises TooLarge for JSON with a text of more than 1 MB."""
    match content:
        case str() if len(content.encode()) > MAX_TEXT_BYTES:
            raise TooLarge("A text is over 1 MB")
        case list():
            for entry in content:
                check_texts(entry)
        case dict():
            for name, entry in content.items():
                check_texts(name)
                check_texts(entry)
