"""What one provider call may take. The run's own deadline is above all of these."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """Times in seconds, sizes in bytes."""

    connect_seconds: float = 10.0
    """Name look-up, TCP and TLS together."""
    stall_seconds: float = 300.0
    """The longest silence, before the answer's start or within it. Models that reason may say nothing for minutes
    before their first token, so this only catches connections that have died unnoticed."""
    linger_seconds: float = 1.0
    """How long the end of the bytes is awaited after the answer's own terminal event. Some servers never close."""
    answer_bytes: int = 32 * 1024 * 1024
    line_bytes: int = 1_000_000
    """The longest line of an event stream."""
    error_bytes: int = 64 * 1024
    """How much of an error's body is read."""


DEFAULT_LIMITS = TransportLimits()
