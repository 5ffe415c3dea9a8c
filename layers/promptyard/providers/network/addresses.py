"""Which part of the network an IP address belongs to, decided by our own lists.

`ipaddress.is_global` is not used: its answer depends on the Python version, and on 3.11 it calls multicast,
6to4 (RFC 3056) and NAT64 (RFC 6052) forms of internal addresses global.

Sources: the IANA IPv4 and IPv6 Special-Purpose Address Registries, the IANA IPv6 address space (unicast is assigned
from 2000::/3 only), and the cloud vendors' documentation for their metadata services.
"""

from collections.abc import Sequence
from enum import Enum
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

IPAddress = IPv4Address | IPv6Address


class Reach(Enum):
    """Who can be behind an address."""

    PUBLIC = "public"
    LOOPBACK = "loopback"
    PRIVATE = "private"
    """Private use (RFC 1918), shared address space (RFC 6598) or unique local (RFC 4193)."""
    FORBIDDEN = "forbidden"
    """Nothing that a caller may ever name: cloud metadata, link-local, multicast, reserved, tunnels."""


_Rules = Sequence[tuple[IPv4Network | IPv6Network, Reach]]


def _rules(*rows: tuple[str, Reach]) -> _Rules:
    return tuple((ip_network(network), reach) for network, reach in rows)


# The first network that holds an address decides.

_V4 = _rules(
    ("0.0.0.0/8", Reach.FORBIDDEN),  # this network; Linux connects 0.0.0.0 to itself
    ("100.100.100.200/32", Reach.FORBIDDEN),  # Alibaba Cloud's metadata
    ("168.63.129.16/32", Reach.FORBIDDEN),  # Azure's WireServer, amid public addresses
    ("169.254.0.0/16", Reach.FORBIDDEN),  # link-local, and most clouds' metadata
    ("192.0.0.0/24", Reach.FORBIDDEN),  # IETF protocol assignments, and Oracle's former metadata at .192
    ("192.0.2.0/24", Reach.FORBIDDEN),  # documentation
    ("192.31.196.0/24", Reach.FORBIDDEN),  # AS112
    ("192.52.193.0/24", Reach.FORBIDDEN),  # AMT
    ("192.88.99.0/24", Reach.FORBIDDEN),  # 6to4 relays, deprecated
    ("192.175.48.0/24", Reach.FORBIDDEN),  # AS112
    ("198.18.0.0/15", Reach.FORBIDDEN),  # benchmarking
    ("198.51.100.0/24", Reach.FORBIDDEN),  # documentation
    ("203.0.113.0/24", Reach.FORBIDDEN),  # documentation
    ("224.0.0.0/4", Reach.FORBIDDEN),  # multicast
    ("240.0.0.0/4", Reach.FORBIDDEN),  # reserved, and limited broadcast
    ("127.0.0.0/8", Reach.LOOPBACK),
    ("10.0.0.0/8", Reach.PRIVATE),
    ("100.64.0.0/10", Reach.PRIVATE),
    ("172.16.0.0/12", Reach.PRIVATE),
    ("192.168.0.0/16", Reach.PRIVATE),
    ("0.0.0.0/0", Reach.PUBLIC),
)

_V6 = _rules(
    ("2001::/23", Reach.FORBIDDEN),  # IETF protocol assignments: Teredo, benchmarking, AMT, ORCHID
    ("2001:db8::/32", Reach.FORBIDDEN),  # documentation
    ("2002::/16", Reach.FORBIDDEN),  # 6to4, deprecated
    ("2620:4f:8000::/48", Reach.FORBIDDEN),  # AS112
    ("3fff::/20", Reach.FORBIDDEN),  # documentation
    ("fd00:42::42/128", Reach.FORBIDDEN),  # Scaleway's metadata
    ("fd00:100::100:200/128", Reach.FORBIDDEN),  # Alibaba Cloud's
    ("fd00:a9fe:a9fe::1/128", Reach.FORBIDDEN),  # Linode's
    ("fd00:c1::a9fe:a9fe/128", Reach.FORBIDDEN),  # Oracle's
    ("fd00:ec2::/32", Reach.FORBIDDEN),  # AWS's, and its pod identity, DNS and time
    ("fd20:ce::254/128", Reach.FORBIDDEN),  # Google Cloud's
    ("::1/128", Reach.LOOPBACK),
    ("fc00::/7", Reach.PRIVATE),
    ("64:ff9b::/96", Reach.PUBLIC),  # NAT64, once the IPv4 address in it is found to be public
    ("2000::/3", Reach.PUBLIC),
    ("::/0", Reach.FORBIDDEN),  # among these: IPv4-compatible, local-use NAT64 (RFC 8215), link-local, multicast
)

_NAT64 = IPv6Network("64:ff9b::/96")


def literal_address(host: str) -> IPAddress | None:
    """The address that a host is, in its one standard spelling; None for a name. `host` has no square brackets."""
    try:
        return IPv6Address(host) if ":" in host else IPv4Address(host)
    except AddressValueError:
        return None


def reach_of(address: IPAddress) -> Reach:
    """The part of the network that a connection to this address would reach."""
    if isinstance(address, IPv4Address):
        return _first_match(address, _V4)
    if address.scope_id is not None:
        return Reach.FORBIDDEN  # a zone (RFC 4007) only means something on this machine's own links
    if address.ipv4_mapped is not None:
        return _first_match(address.ipv4_mapped, _V4)
    translated = _translated_v4(address)
    if translated is not None and _first_match(translated, _V4) is not Reach.PUBLIC:
        return Reach.FORBIDDEN
    return _first_match(address, _V6)


def _first_match(address: IPAddress, rules: _Rules) -> Reach:
    return next(reach for network, reach in rules if address in network)


def _translated_v4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a translator (RFC 6052) or an ISATAP router (RFC 5214) would pass the packets on to.

    6to4, Teredo and IPv4-compatible addresses hold one too, but are forbidden whatever it is.
    """
    number = int(address)
    # ISATAP's interface identifier is 00-00-5E-FE (its universal and group bits vary) and the IPv4 address.
    is_isatap = (number >> 32) & 0xFCFF_FFFF == 0x0000_5EFE
    return IPv4Address(number & 0xFFFF_FFFF) if is_isatap or address in _NAT64 else None
