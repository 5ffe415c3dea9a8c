"""What the embedded AWS keeps on disk: the newest state of every item, object and secret, in one SQLite file.

Every write is committed before its caller gets an answer. SQLite's write-ahead log without a sync per commit keeps
what was committed when the process is killed; only a crash of the whole machine may lose the last moments.
"""

import os
import sqlite3
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from promptyard.domain.errors import PromptyardError

FILE_NAME = "store.sqlite3"
APPLICATION_ID = 0x50597264  # "PYrd", in the file's header
SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE items (
    table_name TEXT NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL, attributes TEXT NOT NULL,
    PRIMARY KEY (table_name, pk, sk)
);
CREATE TABLE objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, content_type TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (bucket, key)
);
CREATE TABLE secrets (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
"""


class DataUnusable(PromptyardError):
    """The data directory cannot be used. Nothing in it was changed; the message says what can be done."""


class Journal:
    def __init__(self, directory: Path) -> None:
        """Open, or make, the journal of a data directory. Any thread may use it. Raises DataUnusable."""
        self._lock = threading.Lock()
        self.path = directory / FILE_NAME
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self.path.chmod(0o600)
        except OSError as error:
            raise DataUnusable(f"Data cannot be kept in {directory}: {error.strerror}") from error
        with self._readable():
            self._connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
            try:
                self._open()
            except BaseException:
                self._connection.close()
                raise

    def _open(self) -> None:
        execute = self._connection.execute
        execute("PRAGMA locking_mode = EXCLUSIVE")  # held until the end of the process, however it ends
        execute("BEGIN EXCLUSIVE")
        [application_id] = execute("PRAGMA application_id").fetchone()
        [version] = execute("PRAGMA user_version").fetchone()
        [tables] = execute("SELECT count(*) FROM sqlite_schema").fetchone()
        execute("COMMIT")
        if (application_id, version, tables) == (0, 0, 0):
            identity = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
            self._connection.executescript(f"BEGIN; {_SCHEMA} {identity} COMMIT;")
        elif application_id != APPLICATION_ID:
            raise DataUnusable(f"{self.path} is not Promptyard's. {_WAYS_OUT}")
        elif version != SCHEMA_VERSION:
            raise DataUnusable(
                f"{self.path} was written by another version of Promptyard (its data has version {version}, this one "
                f"reads {SCHEMA_VERSION}). {_WAYS_OUT}"
            )
        execute("PRAGMA journal_mode = WAL")  # also of one that was restored
        execute("PRAGMA synchronous = NORMAL")

    def items(self) -> Generator[tuple[str, str, str, str], None, None]:
        """(table, pk, sk, attributes as JSON) of every item, in the order of their keys. Nothing may be written before
        the last one is read. Raises DataUnusable."""
        with self._readable():
            yield from self._connection.execute(
                "SELECT table_name, pk, sk, attributes FROM items ORDER BY table_name, pk, sk"
            )

    def buckets(self) -> set[str]:
        """Those that have objects. Raises DataUnusable."""
        return {bucket for (bucket,) in self._all("SELECT DISTINCT bucket FROM objects")}

    def objects(self) -> list[tuple[str, str, str, bytes]]:
        """(bucket, key, content type, body) of every object. Raises DataUnusable."""
        return self._all("SELECT bucket, key, content_type, body FROM objects")

    def put_items(self, items: Sequence[tuple[str, str, str, str | None]]) -> None:
        """Keep (table, pk, sk, attributes as JSON) of several items together; None forgets one."""
        if len(items) == 1:  # one statement is a transaction of its own
            with self._lock:
                self._put_item(*items[0])
            return
        with self._transaction():
            for item in items:
                self._put_item(*item)

    def _put_item(self, table: str, pk: str, sk: str, attributes: str | None) -> None:
        if attributes is None:
            self._connection.execute("DELETE FROM items WHERE table_name = ? AND pk = ? AND sk = ?", (table, pk, sk))
        else:  # unlike INSERT OR REPLACE, it leaves the index alone where the item is there: a third of the time
            self._connection.execute(
                "INSERT INTO items VALUES (?, ?, ?, ?) "
                "ON CONFLICT (table_name, pk, sk) DO UPDATE SET attributes = excluded.attributes",
                (table, pk, sk, attributes),
            )

    def put_object(self, bucket: str, key: str, content_type: str, body: bytes) -> None:
        self._write("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", (bucket, key, content_type, body))

    def delete_object(self, bucket: str, key: str) -> None:
        self._write("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))

    def secrets(self) -> list[tuple[str, str]]:
        """(name, value) of every secret. Raises DataUnusable."""
        return self._all("SELECT name, value FROM secrets")

    def put_secret(self, name: str, value: str) -> None:
        self._write("INSERT OR REPLACE INTO secrets VALUES (?, ?)", (name, value))

    def delete_secret(self, name: str) -> None:
        self._write("DELETE FROM secrets WHERE name = ?", (name,))

    def back_up(self, file: Path) -> None:
        """Copy all of it, as it is at one moment, into a new file that its owner alone may read. Writes wait for as
        long as that takes. Raises DataUnusable."""
        with self._lock:
            _copy(self._connection, file)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _all(self, query: str) -> list[Any]:
        with self._lock, self._readable():
            return self._connection.execute(query).fetchall()

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        with self._lock:
            self._connection.execute(statement, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise DataUnusable(
                    f"{self.path} is in use by another process. "
                    "Stop it, or set PROMPTYARD_DATA_DIR to another directory."
                ) from error
            raise DataUnusable(f"{self.path} cannot be read: {error}. {_WAYS_OUT}") from error
        except sqlite3.DatabaseError as error:
            raise DataUnusable(f"{self.path} is damaged: {error}. {_WAYS_OUT}") from error


def restore(file: Path, directory: Path) -> None:
    """A backup's data into a directory that has none yet: whole, or not at all. Raises DataUnusable."""
    target = directory / FILE_NAME
    if target.exists():
        raise DataUnusable(f"{target} is there already. Move it away, or set PROMPTYARD_DATA_DIR to another directory.")
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as backup:
            _check_backup(backup, file)
            _copy(backup, target)
    except sqlite3.Error as error:
        raise DataUnusable(f"{file} cannot be read as a backup: {error}") from error
    except OSError as error:
        raise DataUnusable(f"{directory} cannot be written to: {error.strerror}") from error


def _check_backup(backup: sqlite3.Connection, file: Path) -> None:
    found = [backup.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    if found != [APPLICATION_ID, SCHEMA_VERSION]:
        raise DataUnusable(f"{file} is no backup of this version of Promptyard. Nothing was changed.")
    [whole] = backup.execute("PRAGMA quick_check(1)").fetchone()
    if whole != "ok":
        raise DataUnusable(f"{file} is damaged: {whole}. Nothing was changed.")


def _copy(source: sqlite3.Connection, file: Path) -> None:
    """Under another name first: a file of that name is a whole one."""
    part = file.with_name(f"{file.name}.part")
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise DataUnusable(f"{part} cannot be made: {error.strerror}") from error
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, whoever copies it
        os.replace(part, file)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, sqlite3.Error | OSError):
            raise DataUnusable(f"{file} cannot be written: {error}") from error
        raise


_WAYS_OUT = "Move it away to begin anew, or set PROMPTYARD_DATA_DIR to another directory."
