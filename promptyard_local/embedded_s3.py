"""S3 by moto, with its objects kept."""

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.common_types import TYPE_RESPONSE
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import S3Backend, s3_backends

from promptyard_local.journal import Journal


class EmbeddedS3:
    """Implements `embedded_aws.EmbeddedService`."""

    region = "us-east-1"
    reads = frozenset({"GetObject", "HeadObject", "ListObjectsV2", "HeadBucket", "ListBuckets"})
    changes = frozenset({"PutObject", "DeleteObject"})

    def __init__(self, buckets: Iterable[str]) -> None:
        """Empty, with these buckets."""
        self._moto = BotocoreStubber()
        self._backend.reset()
        for name in buckets:
            self._backend.create_bucket(name, self.region)

    def handle(self, request: AWSPreparedRequest) -> TYPE_RESPONSE:
        answer = self._moto.process_request(request)
        assert answer is not None, f"moto does not know {request.url}"
        return answer

    def record(self, operation: str, request: AWSPreparedRequest, journal: Journal | None) -> None:
        if journal is None:
            return
        bucket, _, key = unquote(urlsplit(request.url).path).lstrip("/").partition("/")
        if operation == "DeleteObject":
            journal.delete_object(bucket, key)
            return
        kept = self._backend.get_object(bucket, key)
        assert kept is not None
        journal.put_object(bucket, key, kept.metadata["Content-Type"], kept.value)

    def load(self, journal: Journal) -> None:
        for bucket, key, content_type, body in journal.objects():
            self._backend.put_object(bucket, key, body).set_metadata({"Content-Type": content_type})

    def reset(self) -> None:
        self._backend.reset()

    @property
    def _backend(self) -> S3Backend:
        backend: S3Backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        return backend
