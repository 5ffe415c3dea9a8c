"""Where the local server listens: on this machine only, or, where it asks for keys, where others reach it."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from promptyard.settings import BadSetting

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8000


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    """An IP address of this machine; `0.0.0.0` and `::` are all of them."""
    port: int
    """0 is any that is free."""

    @property
    def is_private(self) -> bool:
        """Only this machine reaches it."""
        return ip_address(self.host).is_loopback


def address_of(environment: Mapping[str, str]) -> Address:
    """Of `PROMPTYARD_HOST` and `PORT`. Raises BadSetting."""
    host = environment.get("PROMPTYARD_HOST", "").strip() or LOOPBACK
    try:
        known = LOOPBACK if host.lower() == "localhost" else str(ip_address(host))
    except ValueError:
        told = f"PROMPTYARD_HOST: {host} is not an IP address of this machine, such as 0.0.0.0 for all"
        raise BadSetting(told) from None
    return Address(known, _port(environment))


def check_who_reaches(address: Address, auth: str) -> None:
    """Raises BadSetting for one that others reach, where everybody is an admin."""
    if not address.is_private and auth != "required":
        raise BadSetting(
            f"PROMPTYARD_HOST: others reach {address.host}, and without keys everybody is an admin; "
            "set PROMPTYARD_AUTH=required"
        )


def listen(address: Address) -> socket.socket:
    """Raises BadSetting."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listener = socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)  # strerror has the address once more
        at = f"{address.host}:{address.port}"
        raise BadSetting(f"PORT: cannot listen on {at} ({reason}); try another one") from None
    # Connections inherit it. asyncio sets it only where the socket was made with IPPROTO_TCP, which this one was not,
    # and without it each event of a stream waits up to 40 ms for the one before to be acknowledged.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url_of(listener: socket.socket) -> str:
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _port(environment: Mapping[str, str]) -> int:
    given = environment.get("PORT", "").strip() or str(DEFAULT_PORT)
    if not given.isdigit() or int(given) > 65535:
        raise BadSetting(f"PORT: {given} is not a port")
    return int(given)
