"""Playgrounds to store."""

from datetime import UTC, datetime
from typing import Any

from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.playgrounds.playground import Playground


def new_playground(**changes: Any) -> Playground:
    now = datetime.now(UTC)
    fields = {
        "id": time_ordered_id(),
        "tenant": "local",
        "name": "Support answers",
        "description": "What we try before it goes to customers",
        "use_case_id": "support",
        "created_at": now,
        "created_by": "key-1",
        "created_by_name": "Ada",
        "updated_at": now,
        "updated_by": "key-1",
    }
    return Playground.model_validate(fields | changes)
