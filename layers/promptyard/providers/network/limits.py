"""What one provider call may take. The run's own deadline is above all of these."""

from dataclasses import dataclass

from promptyard.providers.protocol import Ending


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """Times in seconds, sizes in bytes."""

    connect_seconds: float = 10.0
    """Name look-up, TCP and TLS together."""
    stall_seconds: float = 300.0
    """The longest silence, before the answer's start or within it. Models that reason may say nothing for minutes
    before their first token, so this only catches connections that have died unnoticed."""
    linger_seconds: float = 1.0
    """How long the end of the bytes is awaited after the provider said that the answer ended. Some never close."""
    usage_linger_seconds: float = 3.0
    """The same where the counts have not come yet."""
    tool_linger_seconds: float = 60.0
    """The same between two rounds of a tool that the provider runs itself, each of which may say that it ended."""
    parting_seconds: float = 0.25
    """How long before the call's own end an answer that is said to have ended is taken for whole."""
    answer_bytes: int = 32 * 1024 * 1024
    line_bytes: int = 32 * 1024 * 1024
    """The longest line of an event stream: it may be the whole answer."""
    error_bytes: int = 64 * 1024
    """How much of an error's body is read."""

    def patience(self, ending: Ending, seconds_left: float | None = None) -> float | None:
        """Seconds for which more is waited for at that ending, where the call as a whole has so many left; None:
        `stall_seconds`, as for any silence."""
        if ending is Ending.NOT_YET:
            return None
        seconds = {
            Ending.MORE_DUE: self.tool_linger_seconds,
            Ending.USAGE_DUE: self.usage_linger_seconds,
            Ending.DUE: self.linger_seconds,
        }[ending]
        return seconds if seconds_left is None else max(0.0, min(seconds, seconds_left - self.parting_seconds))


DEFAULT_LIMITS = TransportLimits()
