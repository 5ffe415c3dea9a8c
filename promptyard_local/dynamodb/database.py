"""The tables, and the one lock around what reads and writes them."""

import logging
import sqlite3
import threading
import time
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from promptyard_local.dynamodb.large_items import Key, item_of
from promptyard_local.dynamodb.refusals import refused
from promptyard_local.dynamodb.tables import EmbeddedTable
from promptyard_local.dynamodb.values import Attributes
from promptyard_local.journal import DataUnusable, Journal

logger = logging.getLogger("promptyard.local")


class Write(NamedTuple):
    """Where, the item's key, the item as it was, and as it is to be with its text; None for none."""

    table: EmbeddedTable
    key: Key
    before: Attributes | None
    after: Attributes | None = None
    text: str | None = None


class Database:
    """An answer is given after what it says is in the journal, and nothing can be read that is not."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        """To be held from reading what a write depends on to the write."""
        self._tables: dict[str, EmbeddedTable] = {}
        self._journal: Journal | None = None

    def create(self, description: dict[str, Any]) -> EmbeddedTable:
        """Raises ResourceInUseException."""
        with self.lock:
            table = EmbeddedTable(description)
            if table.name in self._tables:
                raise refused("ResourceInUseException", f"Table already exists: {table.name}")
            self._tables[table.name] = table
            return table

    def table(self, name: str) -> EmbeddedTable:
        """Raises ResourceNotFoundException."""
        table = self._tables.get(name)
        if table is None:
            raise refused("ResourceNotFoundException", "Requested resource not found")
        return table

    def names(self) -> list[str]:
        return sorted(self._tables)

    def write(self, writes: list[Write]) -> None:
        """All of them or none, with the lock held. Raises InternalServerError where they cannot be kept: a full disk,
        say."""
        if self._journal is not None:
            try:
                self._journal.put_items([(table.name, *key, text) for table, key, _, _, text in writes])
            except sqlite3.Error as error:
                logger.error("not kept", extra={"error": str(error)})
                raise refused("InternalServerError", "What was written could not be kept", 500) from None
        for table, key, before, after, text in writes:
            table.write(key, before, after, text)

    def keep_in(self, journal: Journal) -> None:
        """Load what the journal holds, and keep there whatever changes from now on. The tables have to be there.
        Forgets the items whose time to live is over, as DynamoDB would have. Raises DataUnusable."""
        now = time.time()
        expired: list[tuple[str, str, str, None]] = []
        with self.lock, closing(journal.items()) as items:
            for table_name, rows in groupby(items, key=itemgetter(0)):
                if table_name not in self._tables:
                    raise DataUnusable(f"{journal.path} holds a table that this version does not have: {table_name}")
                table = self._tables[table_name]
                live = []
                for _, pk, sk, text in rows:
                    if _is_expired(table, text, now):
                        expired.append((table_name, pk, sk, None))
                    else:
                        live.append(((pk, sk), text))
                table.load(live)
        journal.put_items(expired)
        self._journal = journal


def _is_expired(table: EmbeddedTable, text: str, now: float) -> bool:
    """TTL takes no notice of what is no number."""
    if table.expires is None or f'"{table.expires}"' not in text:
        return False
    number = item_of(text).get(table.expires, {}).get("N")
    return number is not None and float(number) <= now
