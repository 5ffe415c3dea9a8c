"""Where the server is, and who gets which key."""

import os
from pathlib import Path

import pytest

from promptyard_cli.client import access
from promptyard_cli.client.access import BadAccess, find_access, profiles_file, write_profile

KEY = "py_live_secret"
OTHER = "py_live_other"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in access.VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(access, "profiles_file", lambda: tmp_path / "promptyard" / "profiles.toml")
    return tmp_path / "promptyard" / "profiles.toml"


def test_without_anything_it_is_this_machine() -> None:
    found = find_access()
    assert (found.url, found.key) == ("http://127.0.0.1:8000", None)


def test_what_is_given_wins_over_the_environment_and_that_over_a_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    write_profile("default", "https://profile.example", KEY)
    assert (find_access().url, find_access().key) == ("https://profile.example", KEY)
    monkeypatch.setenv("PROMPTYARD_URL", "https://environment.example/")
    monkeypatch.setenv("PROMPTYARD_API_KEY", f"{OTHER}\n")
    assert (find_access().url, find_access().key) == ("https://environment.example", OTHER)
    assert find_access("https://given.example", "py_live_given").key == "py_live_given"


@pytest.mark.parametrize(
    "url", ["https://evil.example", "http://keys.example", "https://keys.example:444", "https://keys.example.evil"]
)
def test_a_profiles_key_goes_to_its_own_address_alone(url: str) -> None:
    write_profile("default", "https://keys.example/api", KEY)
    assert find_access(url).key is None
    assert find_access("https://keys.example:443/api").key == KEY


def test_a_profile_that_is_named_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTYARD_URL", "https://environment.example")
    monkeypatch.setenv("PROMPTYARD_API_KEY", OTHER)
    write_profile("ci", "https://ci.example", KEY)
    found = find_access(profile="ci")
    assert (found.url, found.key) == ("https://ci.example", KEY)
    with pytest.raises(BadAccess, match="no profile nobody"):
        find_access(profile="nobody")


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_a_file_of_profiles_is_its_owners_alone(home: Path) -> None:
    write_profile("default", "https://a.example", KEY)
    write_profile('odd "name"\\', "https://b.example", OTHER)
    assert home.stat().st_mode & 0o777 == 0o600
    assert find_access(profile='odd "name"\\').key == OTHER
    assert find_access().key == KEY
    home.chmod(0o640)
    with pytest.raises(BadAccess, match="chmod 600"):
        find_access()


@pytest.mark.parametrize(
    "url", ["ftp://a.example", "a.example", "https://a.example?key=1", "https://user@a.example", ""]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadAccess, match="no address"):
        write_profile("default", url, KEY)


@pytest.mark.parametrize("key", ["py live", "py_live\n", "py_live\x7f", "pä"])
def test_a_key_that_is_none_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(BadAccess) as refused:
        find_access(key=key)
    assert key not in str(refused.value)


def test_a_key_is_in_no_repr() -> None:
    assert KEY not in repr(find_access(key=KEY))


def test_the_file_is_the_users_own() -> None:
    assert profiles_file().name == "profiles.toml"
