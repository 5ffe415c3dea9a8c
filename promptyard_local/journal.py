"""What the embedded AWS keeps on disk: the newest state of every item, object and secret, in one SQLite file.

Every write is committed before its caller gets an answer. SQLite's write-ahead log without a sync per commit keeps
what was committed when the process is killed; only a crash of the whole machine may lose the last moments.
"""

import os
import sqlite3
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
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
            execute("PRAGMA journal_mode = WAL")
            identity = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
            self._connection.executescript(f"BEGIN; {_SCHEMA} {identity} COMMIT;")
        elif application_id != APPLICATION_ID:
            raise DataUnusable(f"{self.path} is not Promptyard's. {_WAYS_OUT}")
        elif version != SCHEMA_VERSION:
            raise DataUnusable(
                f"{self.path} was written by another version of Promptyard (its data has version {version}, this one "
                f"reads {SCHEMA_VERSION}). {_WAYS_OUT}"
            )
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


_WAYS_OUT = "Move it away to begin anew, or set PROMPTYARD_DATA_DIR to another directory."
