"""One S3 bucket, asynchronously. Every method raises what `aws.calls.store_error` makes."""

from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import TYPE_CHECKING

from promptyard.aws.calls import call

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

LIST_PAGE = 1000
"""The keys that one request lists: no more are allowed."""

PIECE_BYTES = 256 * 1024


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

    async def pieces(self, key: str) -> AsyncGenerator[bytes, None]:
        """A large object by the piece, as they are asked for. Raises NotFound."""
        body = (await call(lambda: self._client().get_object(Bucket=self._bucket, Key=key)))["Body"]
        try:
            while piece := await call(lambda: body.read(PIECE_BYTES)):
                yield piece
        finally:
            body.close()

    async def upload_url(self, key: str, seconds: int) -> str:
        """Where whoever knows it may PUT the object, for so long."""
        parameters = {"Bucket": self._bucket, "Key": key}
        return await call(
            lambda: self._client().generate_presigned_url("put_object", Params=parameters, ExpiresIn=seconds)
        )

    async def keys_below(self, prefix: str) -> AsyncGenerator[list[str], None]:
        """The keys with that prefix in their order, LIST_PAGE at a time: a request each."""
        after = prefix
        while True:
            answer = await call(partial(self._list, prefix, after))
            keys = [entry["Key"] for entry in answer.get("Contents", [])]
            if keys:
                yield keys
                after = keys[-1]
            if not answer["IsTruncated"]:
                return

    def _list(self, prefix: str, after: str) -> "ListObjectsV2OutputTypeDef":
        return self._client().list_objects_v2(Bucket=self._bucket, Prefix=prefix, StartAfter=after, MaxKeys=LIST_PAGE)

    async def delete(self, key: str) -> None:
        """Also when it is not there."""
        await call(lambda: self._client().delete_object(Bucket=self._bucket, Key=key))
