"""What the packages hold."""

import marshal
import re
import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from tests.support.servers.packages import GROUPS, REPOSITORY, Packages

MAX_UNZIPPED_BYTES = 60_000_000
UNCHECKED_HASH = 1
"""PEP 552: a hash in the header, and not checked."""


@pytest.mark.parametrize("group", GROUPS)
def test_a_function_with_its_layers_is_small(packages: Packages, group: str) -> None:
    folders = [packages.task_root(group), *packages.layers(group)]
    assert sum(file.stat().st_size for folder in folders for file in folder.rglob("*")) < MAX_UNZIPPED_BYTES


def test_a_function_has_its_own_group_alone(packages: Packages) -> None:
    root = packages.task_root("catalog")
    assert {path.name for path in root.iterdir()} - {"__pycache__"} == {"functions"}
    assert {path.name for path in (root / "functions").iterdir() if path.is_dir()} - {"__pycache__"} == {"catalog"}


def test_dependencies_are_as_published_and_bring_no_boto3(packages: Packages) -> None:
    [layer, *_] = packages.layers("catalog")
    top = {path.name for path in (layer / "python").iterdir()}
    assert not {"boto3", "botocore", "uvicorn", "moto", "bin"} & top
    metadata = [name for name in top if name.endswith(".dist-info")]
    assert {"fastapi", "mangum", "pydantic"} <= {name.split("-")[0] for name in metadata}
    for name in metadata:
        assert (layer / "python" / name / "METADATA").is_file()
        assert (layer / "python" / name / "RECORD").is_file()


def test_what_streams_brings_the_runtime_client_that_it_is_tested_with(packages: Packages) -> None:
    top = {path.name for path in (packages.layers("run")[-1] / "python").iterdir()}
    pinned = (REPOSITORY / "requirements" / "streaming.txt").read_text()
    [version] = re.findall(r"^awslambdaric==(\S+)", pinned, re.MULTILINE)
    assert {"asgi_stream_runtime", "awslambdaric", f"awslambdaric-{version}.dist-info", "snapshot_restore_py.py"} <= top
    assert not {"boto3", "botocore", "mangum", "bin"} & top


def test_all_code_is_compiled_and_taken_as_it_is(packages: Packages) -> None:
    """Bytecode names where its source is on Lambda, and is good whatever that file's time."""
    sources = {"/var/task": packages.task_root("run"), **{f"/opt/{i}": p for i, p in enumerate(packages.layers("run"))}}
    for place, folder in sources.items():
        files = list(folder.rglob("*.py"))
        assert files
        for file in files:
            header, code = _bytecode(file)
            assert header[:4] == MAGIC_NUMBER
            assert int.from_bytes(header[4:8], "little") == UNCHECKED_HASH
            assert code.startswith(place.rstrip("0123456789"))


def test_the_exec_wrapper_is_where_the_functions_look_for_it(packages: Packages) -> None:
    wrapper = packages.layers("run")[-1] / "asgi-stream-runtime"
    assert wrapper.stat().st_mode & 0o111 == 0o111


def _bytecode(file: Path) -> tuple[bytes, str]:
    compiled = file.parent / "__pycache__" / f"{file.stem}.{sys.implementation.cache_tag}.pyc"
    data = compiled.read_bytes()
    return data[:16], marshal.loads(data[16:]).co_filename
