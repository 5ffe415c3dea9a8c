"""One S3 bucket, asynchronously. Every method raises what `calls.call` raises."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from promptyard.storage.calls import call

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Objects:
    """`client` is called at the first request, so that nothing of AWS is loaded before it is needed."""

    def __init__(self, client: Callable[[], "S3Client"], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    async def put(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        await call(lambda: self._client().put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type))

    async def get(self, key: str) -> bytes:
        """Raises NotFound."""
        return await call(lambda: self._read(key))

    def _read(self, key: str) -> bytes:
        with self._client().get_object(Bucket=self._bucket, Key=key)["Body"] as body:
            return body.read()

    async def delete(self, key: str) -> None:
        """Also when it is not there."""
        await call(lambda: self._client().delete_object(Bucket=self._bucket, Key=key))
