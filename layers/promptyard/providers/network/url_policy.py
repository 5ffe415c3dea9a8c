"""What a URL that comes from a caller may look like, and which addresses it may lead to.

The checks here are made on the text alone. They refuse early and say why, but cannot see where a name leads: that is
checked where the connection is opened, in `guarded_network`.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address

import httpx

from promptyard.domain.errors import EndpointRefused
from promptyard.providers.network.addresses import IPAddress, Reach, literal_address, reach_of

MAX_URL_LENGTH = 2048
"""Characters of a base URL."""

_HTTP_PORTS = frozenset({80, 443})
_FIRST_USER_PORT = 1024
"""Below are the system ports (RFC 6335 section 6): mail, DNS, SSH and others that no HTTP request must be sent to."""

_ILLEGAL = frozenset(' \\"<>^`{|}')
"""Printable ASCII that a URL cannot hold (RFC 3986 section 2). Parsers disagree about what a backslash means."""

_DNS_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
"""A label of a host name in lower case (RFC 1123 section 2.1), and the underscore that container networks use."""

_NUMBER_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label that makes a name an IPv4 address to inet_aton and to browsers: 127.1, 0x7f000001, 017700000001."""


@dataclass(frozen=True, slots=True)
class EndpointPolicy:
    """Which addresses besides public ones a caller's URL may lead to. Cloud metadata is refused whatever is set."""

    allow_loopback: bool = False
    allow_private: bool = False

    @classmethod
    def from_setting(cls, value: str) -> "EndpointPolicy":
        """The policy that PROMPTYARD_ALLOW_PRIVATE_ENDPOINTS names: `off`, `loopback`, or `private` (loopback too).

        Raises ValueError for any other value.
        """
        match value.strip().lower():
            case "off":
                return cls()
            case "loopback":
                return cls(allow_loopback=True)
            case "private":
                return cls(allow_loopback=True, allow_private=True)
        raise ValueError("PROMPTYARD_ALLOW_PRIVATE_ENDPOINTS must be off, loopback or private")

    def permits(self, address: IPAddress) -> bool:
        match reach_of(address):
            case Reach.PUBLIC:
                return True
            case Reach.LOOPBACK:
                return self.allow_loopback
            case Reach.PRIVATE:
                return self.allow_private
            case Reach.FORBIDDEN:
                return False

    def check_built_in(self, name: str, url: str) -> None:
        """Raises EndpointRefused for a provider's usual address, on the machine itself or beside it, where callers may
        not name such a one: the deployment did not choose it either."""
        address = literal_address(httpx.URL(url).host)
        if address is not None and not self.permits(address):
            raise EndpointRefused(f"{name} is not set up: its usual address is on a server's own machine")

    def refusal(self) -> EndpointRefused:
        """The error for a host that leads, or may lead, elsewhere.

        It depends on the policy alone: were it different for an unknown name and for a name with an internal address,
        a caller could learn which internal names exist.
        """
        kinds = [("loopback", self.allow_loopback), ("private", self.allow_private)]
        allowed = " or ".join(["public", *(kind for kind, is_allowed in kinds if is_allowed)])
        return refused(f"must lead to {allowed} addresses only")


def refused(rule: str) -> EndpointRefused:
    """The error for a broken rule. `rule` never holds anything that was found at the URL."""
    return EndpointRefused(f"custom_base_url {rule}")


def normalise_base_url(url: str) -> str:
    """A base URL in the form that adapters append their paths to.

    Lower-case scheme and host, an IDNA host, no default port, no trailing slash, and no trailing `/chat/completions`,
    which many servers' instructions give as part of the URL. Raises EndpointRefused as `check_parsed_url` does, and
    for a query or a fragment: a path appended after those would not reach the server as a path.
    """
    parsed = _parse(url)
    check_parsed_url(parsed)
    if "?" in url or "#" in url:
        raise refused("must not have a query or a fragment")
    return str(parsed).rstrip("/").removesuffix("/chat/completions").rstrip("/")


def check_parsed_url(url: httpx.URL) -> None:
    """Check a URL's form as the HTTP client will dial it, with no look-up. Raises EndpointRefused naming the rule that
    it breaks."""
    if url.scheme not in ("http", "https"):
        raise refused("must be http or https")
    if url.userinfo:
        raise refused("must not hold a user name or a password")
    if url.port is not None and url.port not in _HTTP_PORTS and not _FIRST_USER_PORT <= url.port <= 65535:
        raise refused("must use port 80, 443 or one from 1024 to 65535")
    _check_host(url.raw_host.decode("ascii"))


def _parse(url: str) -> httpx.URL:
    # The client's own parser, so that what is checked is what will be dialled.
    if len(url) > MAX_URL_LENGTH:
        raise refused(f"must not be longer than {MAX_URL_LENGTH} characters")
    if any(char in _ILLEGAL or not char.isprintable() for char in url):
        raise refused("must not hold blanks, control characters or characters that no URL holds")
    try:
        parsed = httpx.URL(url)
        _ = parsed.host  # decodes an IDNA host: a broken one would fail later, in the middle of a call
    except (httpx.InvalidURL, UnicodeError):
        raise refused("must be a valid URL") from None
    return parsed


def _check_host(host: str) -> None:
    if not host:
        raise refused("must name a host")
    address = literal_address(host)
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise refused("must not name a network zone")
    if address is not None:
        return
    labels = host.split(".")
    if len(host) > 253 or not all(_DNS_LABEL.fullmatch(label) for label in labels):
        raise refused("must name a host by its DNS name, with no dot at the end, or by its IP address")
    if _NUMBER_LABEL.fullmatch(labels[-1]):
        raise refused("must give an IPv4 address as four decimal numbers")
