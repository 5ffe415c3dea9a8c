"""Writes layers/promptyard/aws/resources.json: of the synthesised template what the local server and
the tests make on stand-ins for AWS. A resource is kept when its metadata names the setting that holds its name."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import app
from promptyard_cdk.storage import SETTING

FILE = Path(__file__).parent.parent / "layers" / "promptyard" / "aws" / "resources.json"

PROPERTIES = {
    "AWS::DynamoDB::Table": (
        "BillingMode",
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
        "TimeToLiveSpecification",
    ),
    "AWS::S3::Bucket": (),
}
"""What is kept of each type's properties: what a stand-in knows of."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        stack = app.make_app({}, Path(folder)).synth().stacks[0]
        FILE.write_text(text(json.loads(Path(folder, stack.template_file).read_text())))


def text(template: Mapping[str, Any]) -> str:
    """The file's content."""
    resources = {
        name: {
            "Type": resource["Type"],
            "Metadata": {SETTING: resource["Metadata"][SETTING]},
            "Properties": {
                key: resource["Properties"][key]
                for key in PROPERTIES[resource["Type"]]
                if key in resource["Properties"]
            },
        }
        for name, resource in template["Resources"].items()
        if SETTING in resource.get("Metadata", {})
    }
    return json.dumps({"Resources": resources}, indent=1) + "\n"


if __name__ == "__main__":
    main()
