"""What of AWS is inside this process, and its data: our DynamoDB, and moto for S3 and Secrets Manager, imported when
one of these is first used."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptyard.aws.clients import MakeClient
from promptyard_local.dynamodb.client import EmbeddedDynamoDBClient
from promptyard_local.dynamodb.database import Database
from promptyard_local.journal import DataUnusable, Journal

if TYPE_CHECKING:
    from botocore.config import Config

    from promptyard_local.embedded_aws import EmbeddedAws


class Embedded:
    def __init__(self, buckets: Iterable[str]) -> None:
        """Empty and in memory, with these buckets and no tables."""
        self.database = Database()
        self._buckets = list(buckets)
        self._journal: Journal | None = None
        self._moto: EmbeddedAws | None = None
        self._lock = threading.Lock()

    def keep_in(self, directory: Path, *, tables: bool) -> None:
        """Load what the directory holds, and keep there whatever changes from now on. No object or secret may have been
        used; the tables have to be there, where they are embedded, too. Raises DataUnusable; where it is objects or
        secrets that cannot be read, their first use does."""
        journal = Journal(directory)
        try:
            for unknown in sorted(journal.buckets() - set(self._buckets)):
                raise DataUnusable(f"{journal.path} holds a bucket that this version does not have: {unknown}")
            if tables:
                self.database.keep_in(journal)
        except BaseException:
            journal.close()
            raise
        self._journal = journal

    def back_up(self, file: Path) -> None:
        """What is kept, into a new file. Raises DataUnusable, also where nothing is kept."""
        if self._journal is None:
            raise DataUnusable("The data is in memory only, and cannot be backed up")
        self._journal.back_up(file)

    def makers(self) -> dict[str, MakeClient]:
        """How clients of the services are made, by service."""
        return {
            "dynamodb": lambda _: EmbeddedDynamoDBClient(self.database),
            "s3": self._of_moto("s3"),
            "secretsmanager": self._of_moto("secretsmanager"),
        }

    def _of_moto(self, service: str) -> MakeClient:
        def make(config: Callable[[], "Config"]) -> Any:
            # moto takes a quarter of a second to import, and 50 MB
            from promptyard_local.embedded_aws import EmbeddedAws

            with self._lock:
                if self._moto is None:
                    self._moto = EmbeddedAws(self._buckets, self._journal)
            return self._moto.client(service, config())

        return make

    def close(self) -> None:
        """Clients made before are of no use afterwards."""
        with self._lock:
            if self._moto is not None:
                self._moto.close()
                self._moto = None
        if self._journal is not None:
            self._journal.close()
