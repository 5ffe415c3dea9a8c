"""The tables and the bucket: defined here, and nowhere else. What of it a laptop needs is kept in a snapshot of the
template, from which the local server and the tests make theirs."""

from collections.abc import Sequence

from aws_cdk import CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from promptyard_cdk.acknowledgements import acknowledge
from promptyard_cdk.props import Stores

SETTING = "promptyard:setting"
"""The metadata that names the variable under which the functions look for a resource's physical name."""

TABLES: dict[str, dict[str, tuple[str, str]]] = {
    "runs": {
        "by_prompt": ("prompt_key", "sk"),
        "by_version": ("version_key", "sk"),
        "by_playground": ("playground_key", "sk"),
        "by_comparison": ("comparison_key", "sk"),
        "open": ("open_key", "open_until"),
    },
    "prompts": {},
    "playgrounds": {},
    "benchmarks": {},
    "account": {},
    "usage": {"open": ("open_key", "open_until")},
}
"""The tables, and their indexes' keys. What is in them is written on top of promptyard/storage/table/keys.py."""

RESTORABLE_DAYS = 35
"""How far back the tables can be restored; the bucket keeps what was overwritten or deleted as long."""


IMPORTS = "_/imports/"
"""Archives of tenants on their way to be imported, which are of no use a day later; `keys.IMPORTS` of the functions."""


def table_setting(table: str) -> str:
    return f"PROMPTYARD_{table.upper()}_TABLE"


BUCKET_SETTING = "PROMPTYARD_RUNS_BUCKET"


class Storage(Construct):
    """`stores`: the tables and the bucket."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        encryption_key: kms.IKey | None,
        removal_policy: RemovalPolicy,
        cors_origins: Sequence[str] = (),
    ) -> None:
        """Pages of `cors_origins` may upload files to where the API tells them."""
        super().__init__(scope, construct_id)
        self._cors_origins = cors_origins
        self._key = encryption_key
        self._removal_policy = removal_policy
        self.stores = Stores({name: self._table(name) for name in TABLES}, self._bucket())

    def _table(self, name: str) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            f"{name.capitalize()}Table",
            partition_key=_string("pk"),
            sort_key=_string("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True, recovery_period_in_days=RESTORABLE_DAYS
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if self._key else dynamodb.TableEncryption.DEFAULT,
            encryption_key=self._key,
            deletion_protection=self._removal_policy == RemovalPolicy.RETAIN,
            removal_policy=self._removal_policy,
        )
        for index, (partition, sort) in TABLES[name].items():
            table.add_global_secondary_index(
                index_name=index,
                partition_key=_string(partition),
                sort_key=_string(sort),
                projection_type=dynamodb.ProjectionType.KEYS_ONLY,
            )
        _note_setting(table, table_setting(name))
        return table

    def _bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "RunsBucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            encryption=s3.BucketEncryption.KMS if self._key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=self._key,
            bucket_key_enabled=True if self._key else None,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=Duration.days(RESTORABLE_DAYS),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                    expired_object_delete_marker=True,
                ),
                s3.LifecycleRule(
                    prefix=IMPORTS, expiration=Duration.days(1), noncurrent_version_expiration=Duration.days(1)
                ),
            ],
            removal_policy=self._removal_policy,
            cors=[_uploads_from(self._cors_origins)] if self._cors_origins else None,
        )
        assert bucket.policy is not None, "enforce_ssl makes it"
        bucket.policy.apply_removal_policy(self._removal_policy)
        _tell_events(bucket)
        _note_setting(bucket, BUCKET_SETTING)
        acknowledge(
            bucket,
            "AwsSolutions-S1",
            "The functions alone reach it, and log what they do; CloudTrail's data events tell of anyone else",
        )
        return bucket


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _uploads_from(origins: Sequence[str]) -> s3.CorsRule:
    return s3.CorsRule(
        allowed_methods=[s3.HttpMethods.PUT],
        allowed_origins=list(origins),
        allowed_headers=["content-type"],
        max_age=3600,
    )


def _tell_events(bucket: s3.Bucket) -> None:
    """Of uploads, EventBridge. Without `event_bridge_enabled`, for which the CDK would deploy a function of its own."""
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    resource.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)


def _note_setting(construct: Construct, setting: str) -> None:
    resource = construct.node.default_child
    assert isinstance(resource, CfnResource)
    resource.add_metadata(SETTING, setting)
