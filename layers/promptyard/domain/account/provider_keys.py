"""Provider keys that a tenant has stored."""

import re
from collections.abc import Mapping
from datetime import datetime

from pydantic import ConfigDict, SecretStr

from promptyard.domain.deferred import FrozenModel

_DEFAULT_PORTS = {"http": 80, "https": 443}
_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?:[/?#]|\Z)", re.I | re.A
)
_SENDABLE = re.compile(r"[\x21-\x7e]+")
_SHOWN = 4
_MIN_LENGTH_TO_SHOW = 12
"""Of a shorter key, four characters would be too much of it."""


class ProviderKey(FrozenModel):
    """A key, and the one origin that it may be sent to."""

    model_config = ConfigDict(hide_input_in_errors=True)

    key: SecretStr
    origin: str
    """In the form of `origin_of`."""
    updated_at: datetime

    @property
    def last_four(self) -> str | None:
        """The last four characters; None where that would tell too much."""
        text = self.key.get_secret_value()
        return text[-_SHOWN:] if len(text) >= _MIN_LENGTH_TO_SHOW else None


KeysByProvider = Mapping[str, ProviderKey]
"""By the provider's id."""


def is_sendable(key: str) -> bool:
    """Whether a key can stand in a header: visible ASCII and nothing else. HTTP libraries print what they refuse."""
    return _SENDABLE.fullmatch(key) is not None


def origin_of(url: str) -> str | None:
    """A URL's scheme, host and port (RFC 6454) as text, without a default port; None for what is no HTTP URL.

    Strict, so that whoever dials the URL cannot read another host in it: no user name, no backslash, ASCII only.
    """
    match = _ORIGIN.match(url)
    if match is None:
        return None
    scheme, host, port = match["scheme"].lower(), match["host"].lower(), int(match["port"] or 0)
    return f"{scheme}://{host}" + (f":{port}" if port and port != _DEFAULT_PORTS[scheme] else "")
