"""The local data copied while it is written to, and brought back."""

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from promptyard_cli.main import exit_code
from promptyard_local.aws import LAPTOP_DEFAULTS, LocalAws, open_aws
from promptyard_local.backup import PATH
from promptyard_local.journal import FILE_NAME, DataUnusable, Journal, restore
from tests.support.aws.observed_client import observed
from tests.support.doubles.tenancy import Tenancy
from tests.support.servers.server import RunningServer, running_server

WRITERS = 50
RUN = {"model": "demo/echo", "prompt_text": "x" * 500}


def opened(directory: Path) -> LocalAws:
    return open_aws({**LAPTOP_DEFAULTS, "PROMPTYARD_DATA_DIR": str(directory)})


def run(server: RunningServer, times: int) -> None:
    for _ in range(times):
        assert server.client.post("/api/v1/playground/run", json=RUN).status_code == 200


def figures(server: RunningServer) -> tuple[Any, ...]:
    """The count of runs, the runs that there are, those of the ledger, and those of the month."""
    pages = server.client.get("/api/v1/playground/history/export").text.splitlines()
    total = server.client.get("/api/v1/playground/history").json()["total"]
    usage = server.client.get("/api/v1/usage").json()
    entries, cursor = 0, None
    while True:
        params = {"limit": 100} if cursor is None else {"limit": 100, "cursor": cursor}
        page = server.client.get("/api/v1/usage/ledger", params=params).json()
        entries += len(page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            return total, len(pages), entries, usage["total"]["runs"]


def test_a_backup_under_fifty_writers_is_whole_and_its_totals_are_equal(tmp_path: Path) -> None:
    aws = opened(tmp_path / "served")
    file = tmp_path / "promptyard.backup"
    try:
        with running_server(observed(aws)) as server, ThreadPoolExecutor(WRITERS + 1) as pool:
            run(server, 1)
            writers = [pool.submit(run, server, 2) for _ in range(WRITERS)]
            assert exit_code(["--url", server.url, "backup", str(file)]) == 0
            for writer in writers:
                writer.result()
            after = figures(server)
    finally:
        aws.close()
    assert file.stat().st_mode & 0o777 == 0o600
    assert after == (1 + 2 * WRITERS,) * 4
    restore(file, tmp_path / "restored")
    aws = opened(tmp_path / "restored")
    try:
        with running_server(observed(aws)) as server:
            found = figures(server)
            assert len(set(found)) == 1, found
            assert 1 <= found[0] <= 1 + 2 * WRITERS
            run(server, 1)
            assert figures(server)[0] == found[0] + 1
    finally:
        aws.close()


def test_what_was_kept_is_brought_back_alike(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "one")
    journal.put_items([("t", "a", "b", "{}"), ("t", "a", "c", "{}")])
    journal.put_object("bucket", "key", "text/plain", b"body")
    journal.put_secret("name", "value")
    file = tmp_path / "file"
    journal.back_up(file)
    journal.put_secret("later", "value")
    journal.close()
    assert file.stat().st_mode & 0o777 == 0o600
    restore(file, tmp_path / "two")
    again = Journal(tmp_path / "two")
    assert (tmp_path / "two" / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert [item[2] for item in again.items()] == ["b", "c"]
    assert (again.objects(), again.secrets()) == ([("bucket", "key", "text/plain", b"body")], [("name", "value")])
    again.close()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "one")
    file = tmp_path / "file"
    journal.back_up(file)
    with pytest.raises(DataUnusable, match="is there already"):
        restore(file, tmp_path / "one")
    journal.close()


def test_what_is_no_backup_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    text, other, missing = tmp_path / "text", tmp_path / "other", tmp_path / "missing"
    text.write_text("no database" * 100)
    with closing(sqlite3.connect(other)) as database:
        database.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1);")
    for file in (text, other, missing):
        with pytest.raises(DataUnusable):
            restore(file, tmp_path / "new")
        assert not (tmp_path / "new" / FILE_NAME).exists()
    assert not missing.exists()


def test_the_command_overwrites_nothing(
    server: RunningServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    assert exit_code(["--url", server.url, "backup", str(file)]) == 2
    assert "it is there already" in capsys.readouterr().err
    assert exit_code(["--url", server.url, "backup", str(tmp_path / "other")]) == 2
    assert "in memory only" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_data_in_memory_is_said_to_be_no_matter_of_backups(server: RunningServer) -> None:
    answer = server.client.post(PATH)
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "The data is in memory only, and cannot be backed up",
    )


def test_where_keys_are_asked_for_it_is_the_operators(tenancy: Tenancy) -> None:
    assert tenancy.client.post(PATH).status_code == 401
    assert tenancy.request("POST", PATH, tenancy.key("acme", Role.ADMIN)).status_code == 403
    assert tenancy.request("POST", PATH, tenancy.key("operator", Role.OPERATOR)).status_code == 409


def test_the_commands_of_the_data_at_rest(tmp_path: Path) -> None:
    def command(directory: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "PROMPTYARD_DATA_DIR": str(tmp_path / directory)}
        program = [sys.executable, "-m", "promptyard_local.admin", *arguments]
        return subprocess.run(program, capture_output=True, text=True, check=False, env=environment)

    opened(tmp_path / "one").close()
    file = str(tmp_path / "file")
    assert command("one", "backup", file).returncode == 0
    assert command("two", "restore", file).returncode == 0
    again = command("two", "restore", file)
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
