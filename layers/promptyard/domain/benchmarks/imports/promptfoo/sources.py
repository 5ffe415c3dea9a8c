"""The config and the files that it names, as they came with it."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from promptyard.domain.benchmarks.imports.documents import DocumentRefused, Node, node_of, read_json, read_json_lines
from promptyard.domain.benchmarks.imports.refusals import Refusals

_CODE = (".py", ".js", ".ts", ".mjs", ".cjs", ".rb", ".sh", ".go")
_FILE = "file://"

YamlReader = Callable[[str, str], Node]
"""Of a file's name and its text. Raises DocumentRefused."""


@dataclass(frozen=True, slots=True)
class Sources:
    read_yaml: YamlReader
    files: Mapping[str, bytes] = field(default_factory=dict)
    """By the path that the config gives, without `file://` and a leading `./`."""
    refusals: Refusals = field(default_factory=Refusals)

    def text(self, node: Node, reference: str, what: str) -> tuple[str, str] | None:
        """The file's name and text; None where it is refused."""
        name = path_of(reference)
        if is_code(reference):
            self.refusals.add(node, what, f"is made by a program, which is not run: {name}")
            return None
        if "*" in name or "?" in name:
            self.refusals.add(node, what, f"names files by a pattern: {name}")
            return None
        data = self.files.get(name)
        if data is None:
            self.refusals.add(node, what, f"is in a file that did not come with the config: {name}")
            return None
        try:
            return name, data.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.refusals.add(node, what, f"is in a file that is not UTF-8: {name}")
            return None

    def document(self, node: Node, reference: str, what: str) -> Node | None:
        """A JSON, JSONL, CSV or YAML file; of any other kind its text."""
        found = self.text(node, reference, what)
        if found is None:
            return None
        name, text = found
        try:
            return self._read(name, text)
        except DocumentRefused as refusal:
            self.refusals.add(Node(name, refusal.line, None), what, f"cannot be read: {refusal}")
            return None

    def _read(self, name: str, text: str) -> Node:
        kind = name.rpartition(".")[2].lower()
        if kind == "json":
            return read_json(name, text)
        if kind == "jsonl":
            return Node(name, 1, list(read_json_lines(name, text)))
        if kind in {"yaml", "yml"}:
            return self.read_yaml(name, text)
        if kind == "csv":
            return read_csv(name, text)
        return Node(name, 1, text)


def is_file(text: str | None) -> bool:
    return text is not None and text.startswith(_FILE)


def path_of(reference: str) -> str:
    return reference.removeprefix(_FILE).removeprefix("./")


def is_code(reference: str) -> bool:
    """Whether it names a program, or a function in one."""
    name = path_of(reference)
    return name.endswith(_CODE) or any(f"{ending}:" in name for ending in _CODE)


def read_csv(name: str, text: str) -> Node:
    """A list of objects of texts; each is at the line where its record begins. Raises DocumentRefused."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Node] = []
    header: list[str] = []
    begun = 1
    try:
        for record in reader:
            if not header:
                header = [cell.strip() for cell in record]
            elif record:
                if len(record) != len(header):
                    raise DocumentRefused(begun, f"a record has {len(record)} cells, and the header {len(header)}")
                fields = {title: node_of(name, begun, cell) for title, cell in zip(header, record, strict=True)}
                rows.append(Node(name, begun, fields))
            begun = reader.line_num + 1
    except csv.Error as error:
        raise DocumentRefused(begun, f"it is no CSV: {error}") from None
    return Node(name, 1, rows)
