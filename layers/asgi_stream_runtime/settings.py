"""The settings, read from the function's environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from asgi_stream_runtime.errors import InvalidSetting

DEFAULT_GRACE_MS = 2_000


@dataclass(frozen=True)
class Settings:
    """`application`: `module.attribute`. `grace_ms`: how long before the deadline the application is told to end."""

    application: str
    grace_ms: int = DEFAULT_GRACE_MS


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Raises `InvalidSetting`, whose message says what to change."""
    application = environ.get("ASGI_STREAM_APP") or environ.get("_HANDLER", "")
    module, separator, attribute = application.replace(":", ".").rpartition(".")
    if not (module and separator and attribute):
        message = f"ASGI_STREAM_APP, or else the function's handler, must be 'module:attribute', not {application!r}."
        raise InvalidSetting(message)
    return Settings(application=f"{module}.{attribute}", grace_ms=_grace_ms(environ))


def _grace_ms(environ: Mapping[str, str]) -> int:
    text = environ.get("ASGI_STREAM_GRACE_MS", str(DEFAULT_GRACE_MS))
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        message = f"ASGI_STREAM_GRACE_MS must be a whole number of milliseconds above 0, not {text!r}."
        raise InvalidSetting(message)
    return int(text)
