"""What is kept on disk, and what is said when it cannot be."""

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from promptyard_local.journal import FILE_NAME, DataUnusable, Journal


def kept(directory: Path) -> list[tuple[str, str]]:
    with closing(Journal(directory)) as journal:
        return [(table, attributes) for table, _, _, attributes in journal.items()]


def test_the_newest_state_of_each_item_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put_items([("t", "p", "1", "old"), ("t", "p", "2", "gone"), ("u", "p", "1", "other")])
    journal.put_items([("t", "p", "1", "new"), ("t", "p", "2", None), ("t", "p", "3", None)])
    journal.close()
    assert kept(tmp_path) == [("t", "new"), ("u", "other")]


def test_the_newest_state_of_each_object_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put_object("b", "a/key", "text/plain", b"old")
    journal.put_object("b", "a/key", "application/json", b"\x00new")
    journal.put_object("b", "other", "text/plain", b"")
    journal.delete_object("b", "other")
    journal.close()
    journal = Journal(tmp_path)
    assert list(journal.objects()) == [("b", "a/key", "application/json", b"\x00new")]
    journal.close()


def test_items_that_belong_together_are_kept_together(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with pytest.raises(sqlite3.Error):
        journal.put_items([("t", "p", "1", "x"), ("t", "p", None, "y")])  # type: ignore[list-item]
    journal.put_items([("t", "p", "3", "z")])
    journal.close()
    assert kept(tmp_path) == [("t", "z")]


def test_nothing_is_read_in_the_middle_of_what_belongs_together(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put_secret("s", "kept")
    waited = []

    class Slow(list[tuple[str, str, str, str | None]]):
        def __iter__(self) -> Iterator[tuple[str, str, str, str | None]]:
            reader.start()
            reader.join(0.2)
            waited.append(reader.is_alive())
            return super().__iter__()

    read: list[tuple[str, str]] = []
    reader = Thread(target=lambda: read.extend(journal.secrets()))
    journal.put_items(Slow([("t", "p", "1", "x"), ("t", "p", "2", "y")]))
    reader.join()
    journal.close()
    assert (waited, read) == ([True], [("s", "kept")])


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "data"
    journal = Journal(directory)
    journal.put_items([("t", "p", "1", "x")])
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()} == {0o600}
    assert len(list(directory.iterdir())) >= 2  # the write-ahead log too
    journal.close()


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch(mode=0o644)
    Journal(tmp_path).close()
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.put_items([("t", "p", "1", "x")])
    second = (
        "import sys, pathlib\n"
        "from promptyard_local.journal import DataUnusable, Journal\n"
        "try: Journal(pathlib.Path(sys.argv[1]))\n"
        "except DataUnusable as error: print(error.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", second, tmp_path], capture_output=True, text=True, check=True)
    assert "in use by another process" in done.stdout
    assert "PROMPTYARD_DATA_DIR" in done.stdout
    journal.close()
    assert kept(tmp_path) == [("t", "x")]


def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b"my diary, all of it, for years " * 100)
    with pytest.raises(DataUnusable, match="damaged"):
        Journal(tmp_path)
    assert path.read_bytes().startswith(b"my diary")
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE diary (day TEXT)")
    other.close()
    with pytest.raises(DataUnusable, match="not Promptyard's"):
        Journal(tmp_path)


def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    Journal(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(DataUnusable, match="version 99"):
        Journal(tmp_path)


@pytest.mark.parametrize("damage", ["cut off", "overwritten"])
def test_damage_is_said_and_nothing_is_lost_in_silence(tmp_path: Path, damage: str) -> None:
    journal = Journal(tmp_path)
    journal.put_items([("t", "p", str(number), "x" * 1000) for number in range(500)])
    journal.close()
    path = tmp_path / FILE_NAME
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        content[:middle] if damage == "cut off" else content[:middle] + bytes(8192) + content[middle + 8192 :]
    )
    with pytest.raises(DataUnusable, match=r"store\.sqlite3"):
        kept(tmp_path)
    assert len(path.read_bytes()) >= middle


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataUnusable, match="cannot be kept"):
        Journal(tmp_path / "file" / "data")
