"""Whether the guards of this process find what they look for."""

import logging
import platform

from promptyard.domain.errors import GuardsUnavailable
from promptyard.domain.runs.metrics.pii.scan import blind_kinds

logger = logging.getLogger("promptyard.moderation")


def check_guards() -> None:
    """Search for known values as guards do. Raises GuardsUnavailable where one is not found."""
    kinds = blind_kinds()
    if kinds:
        logger.error("guards refused", extra={"kinds": kinds, "python": platform.python_version()})
        raise GuardsUnavailable(f"Guards do not work here: known personal data are not found ({', '.join(kinds)})")
