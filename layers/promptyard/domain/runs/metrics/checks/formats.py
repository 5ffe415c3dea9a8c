"""The formats of texts that a JSON schema may ask for."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from ipaddress import IPv4Address, IPv6Address

# No repetition below can match what follows it: each is linear.
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[zZ]|[+-](\d\d)(?::?(\d\d))?)", re.ASCII)
_UUID = re.compile(r"(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[a-z0-9\-._~:/?#\[\]@!$&'()+*,;=%]*", re.IGNORECASE | re.ASCII)
_LOCAL_PART = re.compile(r"[a-z0-9!#$%&'+*/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'+*/=?^_`{|}~-]+)*", re.IGNORECASE | re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE | re.ASCII)


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    try:
        date(*map(int, match.groups()))
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    match = _TIME.fullmatch(text)
    if match is None:
        return False
    hour, minute, second, east, past = (int(part or 0) for part in match.groups())
    return hour < 24 and minute < 60 and second < 60 and east < 24 and past < 60


def _is_date_time(text: str) -> bool:
    day, separator, time = text[:10], text[10:11], text[11:]
    return separator.lower() in {"t", " "} and _is_date(day) and _is_time(time)


def _is_email(text: str) -> bool:
    local, at, host = text.partition("@")
    return bool(at) and _LOCAL_PART.fullmatch(local) is not None and "." in host and _is_hostname(host)


def _is_hostname(text: str) -> bool:
    return len(text) <= 253 and all(_LABEL.fullmatch(label) for label in text.removesuffix(".").split("."))


def _is_uri(text: str) -> bool:
    return _URI.fullmatch(text) is not None and not re.search(r"%(?![0-9a-fA-F]{2})", text)


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def _is_address(kind: type[IPv4Address] | type[IPv6Address]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            kind(text)
        except ValueError:
            return False
        return "%" not in text

    return check


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date": _is_date,
    "time": _is_time,
    "date-time": _is_date_time,
    "email": _is_email,
    "hostname": _is_hostname,
    "ipv4": _is_address(IPv4Address),
    "ipv6": _is_address(IPv6Address),
    "uri": _is_uri,
    "uuid": _is_uuid,
}
