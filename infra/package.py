"""`make package`: the functions and layers as zip files, and all that has to be known of them, for those who deploy
with something else than the CDK. It is read from the very template that `make deploy` would deploy."""

import hashlib
import json
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import app
from promptyard_cdk import InvalidProps
from promptyard_cdk.groups import load_groups
from promptyard_cdk.routes import Route, load_routes, open_routes
from promptyard_cdk.storage import SETTING
from whole_template import whole_template

OUT = app.REPOSITORY / "dist" / "lambda"
MANIFEST = "manifest.json"

_HASH = re.compile("[0-9A-F]{8}$")
"""What the CDK ends the names of a template's resources with."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file can tell: the same content makes the same file."""


def main(settings: Mapping[str, Any], out: Path) -> dict[str, Any]:
    """Writes the zip files and the manifest into that folder, and nothing else is left there; returns the manifest.
    Raises InvalidProps."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        assembly = app.make_app(settings, Path(folder)).synth()
        [stack] = assembly.stacks
        packaged = _Packaged(Path(folder), whole_template(Path(folder), stack.template_file))
        manifest = packaged.manifest(out)
    (out / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest


class _Packaged:
    """An assembly, read for its functions."""

    def __init__(self, folder: Path, template: Mapping[str, Any]) -> None:
        self._folder = folder
        self._resources: Mapping[str, Any] = template["Resources"]
        self._sources = {
            hashed: folder / known["source"]["path"]
            for file in folder.glob("*.assets.json")
            for hashed, known in json.loads(file.read_text())["files"].items()
        }
        self._placeholders: dict[str, str] = {}
        self._routes: dict[str, list[Route]] = {}

    def manifest(self, out: Path) -> dict[str, Any]:
        layers = {
            name: _short(name).removeprefix("Layers").lower() for name, _ in self._of_type("AWS::Lambda::LayerVersion")
        }
        functions = {
            properties["Handler"].split(".")[1]: (name, properties)
            for name, properties in self._of_type("AWS::Lambda::Function")
        }
        chosen = {group: each for group, each in load_groups().items() if group in functions}
        self._routes = {group: [] for group in functions}
        for route in [*load_routes(chosen), *open_routes(chosen)]:
            self._routes[route.group].append(route)
        return {
            "layers": {
                short: self._zip(self._resources[name]["Properties"]["Content"], out / f"layer-{short}.zip")
                for name, short in layers.items()
            },
            "functions": {
                group: self._function(group, properties, layers, out) for group, (_, properties) in functions.items()
            },
            "tables_and_bucket": {
                resource["Metadata"][SETTING]: {
                    "Type": resource["Type"],
                    "Properties": self._flat(resource["Properties"]),
                }
                for resource in self._resources.values()
                if SETTING in resource.get("Metadata", {})
            },
            "placeholders": dict(sorted(self._placeholders.items())),
        }

    def _function(self, group: str, properties: Mapping[str, Any], layers: Mapping[str, str], out: Path) -> Any:
        known = load_groups()[group]
        return {
            **self._zip(properties["Code"], out / f"function-{group}.zip"),
            "handler": properties["Handler"],
            "runtime": properties["Runtime"],
            "architectures": properties["Architectures"],
            "layers": [layers[layer["Ref"]] for layer in properties["Layers"]],
            "memory_mb": properties["MemorySize"],
            "timeout_seconds": properties["Timeout"],
            "environment": self._flat(properties["Environment"]["Variables"]),
            "statements": [self._flat(statement) for statement in self._statements(properties["Role"])],
            "mode": known.mode,
            "every_minutes": known.every_minutes,
            "queue_batch": known.batch,
            "queue_at_once": known.at_once,
            "routes": [
                {"method": route.method, "path": route.path, "open": route.is_open} for route in self._routes[group]
            ],
        }

    def _statements(self, role: Mapping[str, Any]) -> Iterator[Any]:
        name = role["Fn::GetAtt"][0]
        for _, policy in self._of_type("AWS::IAM::Policy"):
            if {"Ref": name} in policy["Roles"]:
                yield from policy["PolicyDocument"]["Statement"]

    def _of_type(self, kind: str) -> Iterator[tuple[str, Any]]:
        return ((name, each["Properties"]) for name, each in self._resources.items() if each["Type"] == kind)

    def _zip(self, code: Mapping[str, Any], file: Path) -> dict[str, str]:
        source = self._sources[str(code["S3Key"]).partition(".")[0]]
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(each for each in source.rglob("*") if each.is_file()):
                entry = zipfile.ZipInfo(path.relative_to(source).as_posix(), _EPOCH)
                entry.external_attr = (0o100755 if path.stat().st_mode & 0o100 else 0o100644) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
        return {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}

    def _flat(self, value: Any) -> Any:
        """With `${…}` in the place of each reference."""
        if isinstance(value, list):
            return [self._flat(each) for each in value]
        if not isinstance(value, dict):
            return value
        match value:
            case {"Ref": name}:
                return self._placeholder(name)
            case {"Fn::GetAtt": [name, attribute]}:
                return self._placeholder(name, attribute)
            case {"Fn::Join": [separator, parts]}:
                return str(separator).join(str(self._flat(part)) for part in parts)
        return {name: self._flat(each) for name, each in value.items()}

    def _placeholder(self, name: str, attribute: str | None = None) -> str:
        if name.startswith("AWS::"):
            self._placeholders[name] = "AWS's own name for it"
            return f"${{{name}}}"
        resource = self._resources[name]
        short = resource.get("Metadata", {}).get(SETTING) or _short(name)
        self._placeholders[short] = resource["Type"]
        return f"${{{short}}}" if attribute is None else f"${{{short}.{attribute}}}"


def _short(name: str) -> str:
    """A resource's name without that of the construct, and without its hash."""
    return _HASH.sub("", name).removeprefix("Promptyard")


if __name__ == "__main__":
    try:
        made = main(app.read_settings(), OUT)
    except InvalidProps as error:
        sys.exit(f"promptyard: {error}")
    print(f"{len(made['functions'])} functions, {len(made['layers'])} layers and {MANIFEST} are in {OUT}")
