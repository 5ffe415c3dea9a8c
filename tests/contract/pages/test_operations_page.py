"""docs/operations.md can be followed, with the AWS CLI on moto: the first key, a restore of table and objects."""

from pathlib import Path

import boto3
import pytest

from promptyard_local.aws import LAPTOP_DEFAULTS, open_aws
from tests.support.checks.pages import REPOSITORY, page
from tests.support.servers.server import running_server
from tests.support.servers.walk import Clone, walk

PAGE = page("docs/operations.md")
CLI = REPOSITORY / ".venv-aws-cli" / "bin"
TABLES = ("ACCOUNT", "USAGE", "RUNS", "BENCHMARKS", "PLAYGROUNDS", "PROMPTS")
VARIABLES = ("RUNS_BUCKET", *(f"{name}_TABLE" for name in TABLES))
KEY = "TENANT/runs/1"
RESTORED = "promptyard-prompts-restored"

pytestmark = pytest.mark.hard


@pytest.fixture
def reached(aws_url: str) -> dict[str, str]:
    """The environment in which AWS is reached."""
    return {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_the_page_can_be_followed(
    reached: dict[str, str], clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in reached.items():
        monkeypatch.setenv(name, value)
    aws = open_aws({**LAPTOP_DEFAULTS, **reached})
    tables, bucket = boto3.client("dynamodb"), boto3.client("s3")
    deployed = {f"PROMPTYARD_{name}": aws.names[f"PROMPTYARD_{name}"] for name in VARIABLES}
    runs, prompts = deployed["PROMPTYARD_RUNS_BUCKET"], aws.names["PROMPTYARD_PROMPTS_TABLE"]
    bucket.put_bucket_versioning(Bucket=runs, VersioningConfiguration={"Status": "Enabled"})
    bucket.put_object(Bucket=runs, Key=KEY, Body=b"an answer")
    bucket.delete_object(Bucket=runs, Key=KEY)
    try:
        with running_server(aws, {"PROMPTYARD_AUTH": "required"}) as server:
            filled = {f"export {name}=…": f"export {name}={value}" for name, value in deployed.items()}
            filled |= {"export URL=…": f"export URL={server.url}/", "export PROMPTYARD_RETENTION_DAYS=…": ":"}
            walk(
                PAGE,
                # What make does there (a deployment, a look at one) wants an account.
                [block for block in PAGE.blocks if block.language == "bash" and not block.text.startswith("make ")],
                clone=clone,
                home=tmp_path,
                url=server.url,
                served=True,
                filled=filled,
                variables={**reached, "TABLE": prompts, "PYTHONPATH": "", "AWS_PAGER": ""},
                programs=CLI,
            )
        restored = tables.describe_table(TableName=RESTORED)["Table"]
        assert restored["DeletionProtectionEnabled"]
        described = tables.describe_time_to_live(TableName=RESTORED)["TimeToLiveDescription"]
        assert described["TimeToLiveStatus"] == "ENABLED"
        assert bucket.get_object(Bucket=runs, Key=KEY)["Body"].read() == b"an answer"
    finally:
        aws.close()
