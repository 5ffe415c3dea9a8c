"""Where the server is, and the key for it: what is given, the environment, a profile, in this order."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from promptyard_cli.client.errors import BadAccess

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_PROFILE = "default"
VARIABLES = URL, KEY, PROFILE = "PROMPTYARD_URL", "PROMPTYARD_API_KEY", "PROMPTYARD_PROFILE"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_VISIBLE_ASCII = range(0x21, 0x7F)


@dataclass(frozen=True, slots=True)
class Access:
    """`url` is without a last slash. `key_source` says where the key is from: a variable, a profile, `given`."""

    url: str
    key: str | None = field(default=None, repr=False)
    key_source: str | None = None

    @property
    def is_loopback(self) -> bool:
        return urlsplit(self.url).hostname in LOOPBACK

    def headers(self) -> dict[str, str]:
        return {} if self.key is None else {"authorization": f"Bearer {self.key}"}


def find_access(url: str | None = None, key: str | None = None, profile: str | None = None) -> Access:
    """A profile's key goes to the profile's address alone. Raises BadAccess."""
    named = profile or os.environ.get(PROFILE) or DEFAULT_PROFILE
    profiles = read_profiles()
    if named not in profiles and named != DEFAULT_PROFILE:
        raise BadAccess(f"There is no profile {named} in {profiles_file()}: promptyard keys set --profile {named}")
    chosen = profiles.get(named, {})
    own_url = _checked_url(chosen.get("url") or DEFAULT_URL)
    address = _checked_url(url or (None if profile else os.environ.get(URL)) or own_url)
    if key is not None:
        return Access(address, _checked_key(key), "given")
    in_environment = None if profile else os.environ.get(KEY, "").strip()
    if in_environment:
        return Access(address, _checked_key(in_environment), KEY)
    if chosen.get("api_key") and _origin(address) == _origin(own_url):
        return Access(address, _checked_key(chosen["api_key"]), f"profile {named}")
    return Access(address)


def profiles_file() -> Path:
    from platformdirs import user_config_path  # where nothing is given, which is rare, nobody waits for it

    return user_config_path("promptyard", appauthor=False) / "profiles.toml"


def read_profiles() -> dict[str, dict[str, str]]:
    """By name: `url`, `api_key`. Raises BadAccess for a file that others may read."""
    file = profiles_file()
    try:
        mode = file.stat().st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise BadAccess(f"{file} holds keys and others may read it: chmod 600 {file}")
        import tomllib  # only where there is such a file

        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadAccess(f"{file} cannot be read: {error}") from None


def write_profile(name: str, url: str, key: str) -> Path:
    """Keep the profile, in a file that its owner alone may read. Raises BadAccess."""
    profiles = read_profiles() | {name: {"url": _checked_url(url), "api_key": _checked_key(key)}}
    file = profiles_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as written:
        for profile, entries in profiles.items():
            written.write(f"[{_toml(profile)}]\n")
            written.writelines(f"{entry} = {_toml(value)}\n" for entry, value in entries.items())
    beside.replace(file)
    return file


def _toml(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    if not escaped.isprintable():
        raise BadAccess("A profile's name and address are of printable characters")
    return f'"{escaped}"'


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise BadAccess(f"{url} is no address of a server: it is like {DEFAULT_URL}")
    return url.rstrip("/")


def _checked_key(key: str) -> str:
    """What else it held would stand in the HTTP library's own error."""
    if not all(ord(character) in _VISIBLE_ASCII for character in key):
        raise BadAccess("The key has a character that no key has, such as a blank or the end of a line")
    return key


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme]
