"""promptfoo's prompts as templates: texts, and conversations as JSON or YAML."""

import json
from collections.abc import Iterator

from pydantic import ValidationError

from promptyard.domain.benchmarks.imports.documents import DocumentRefused, Node
from promptyard.domain.benchmarks.imports.imported import ImportedPrompt
from promptyard.domain.benchmarks.imports.promptfoo.sources import Sources, is_code, is_file
from promptyard.domain.benchmarks.imports.promptfoo.templates import TemplateRefused, taken
from promptyard.domain.models.messages import Message
from promptyard.domain.prompts.origin import Template

_ENDINGS = (".txt", ".json", ".jsonl", ".yaml", ".yml", ".md", ".j2", ".csv", ".py", ".js", ".ts", ".mjs", ".cjs")
_ELSEWHERE = ("langfuse://", "portkey://", "helicone://", "exec:", "package:", "http://", "https://")
_DELIMITER = "---"
_MAX_LABEL = 80


def prompts_of(node: Node | None, sources: Sources) -> list[ImportedPrompt]:
    if node is None:
        return []
    if node.fields:  # by the file or text, its label
        return [
            prompt for raw, label in node.fields.items() for prompt in _prompts(label.at(raw), raw, label.text, sources)
        ]
    return [prompt for entry in (node.items or [node]) for prompt in _entry(entry, sources)]


def _entry(node: Node, sources: Sources) -> list[ImportedPrompt]:
    if node.text is not None:
        return _prompts(node, node.text, None, sources)
    raw, label = node.get("raw") or node.get("id"), node.get("label")
    if raw is None or raw.text is None:
        sources.refusals.add(node, "prompt", "is neither a text nor has it raw or id")
        return []
    for name in ("config", "function", "prefix", "suffix"):
        there = node.get(name)
        if there is not None:
            sources.refusals.add(there, f"prompt: {name}", "is not taken")
    return _prompts(raw, raw.text, None if label is None else label.text, sources)


def _prompts(node: Node, raw: str, label: str | None, sources: Sources) -> list[ImportedPrompt]:
    if raw.startswith(_ELSEWHERE):
        sources.refusals.add(node, "prompt", f"is elsewhere: {raw.partition(':')[0]}:")
        return []
    if not _names_file(raw):
        return list(_templates(node, [raw], label, sources))
    found = sources.text(node, raw, "prompt")
    if found is None:
        return []
    name, text = found
    there = Node(name, 1, text)
    if name.endswith((".json", ".yaml", ".yml")):
        texts = _conversations(there, sources)
    elif name.endswith(".jsonl"):
        texts = [line for line in text.splitlines() if line.strip()]
    elif name.endswith(".csv"):
        sources.refusals.add(node, "prompt", f"is in a CSV file: {name}")
        return []
    elif name.endswith(".txt"):
        texts = [part.strip() for part in _parts(text) if part.strip()]
    else:
        texts = [text]
    return list(_templates(there, texts, label, sources))


def _names_file(raw: str) -> bool:
    return "\n" not in raw and (is_file(raw) or is_code(raw) or raw.endswith(_ENDINGS))


def _parts(text: str) -> list[str]:
    parts: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip() == _DELIMITER:
            parts.append([])
        else:
            parts[-1].append(line)
    return ["\n".join(part) for part in parts]


def _conversations(node: Node, sources: Sources) -> list[str]:
    text = node.text or ""
    if node.file.endswith(".json"):
        return [text]
    try:
        value = sources.read_yaml(node.file, text).plain()
    except DocumentRefused as refusal:
        sources.refusals.add(Node(node.file, refusal.line, None), "prompt", f"cannot be read: {refusal}")
        return []
    return [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)]


def _templates(node: Node, texts: list[str], label: str | None, sources: Sources) -> Iterator[ImportedPrompt]:
    for text in texts:
        try:
            template = _template(node, text, sources)
        except TemplateRefused as refusal:
            sources.refusals.add(node, "prompt", str(refusal))
        else:
            shown = label or " ".join(text.split())
            yield ImportedPrompt(shown[:_MAX_LABEL] or "prompt", template)


def _template(node: Node, text: str, sources: Sources) -> Template:
    messages = _messages(node, text, sources)
    if messages is None:
        if not text.strip():
            raise TemplateRefused("is empty")
        return Template(text=taken(text))
    made = []
    for message in messages:
        try:
            made.append(Message.model_validate(_taken_texts(message)))
        except ValidationError as error:
            fault = max(error.errors(), key=lambda one: len(one["loc"]))
            place = ".".join(str(part) for part in fault["loc"] if part not in {"str", "list"})
            raise TemplateRefused(f"has a message that cannot be taken: {place}: {fault['msg']}") from None
    return Template(messages=made)


def _messages(node: Node, text: str, sources: Sources) -> list[dict[str, object]] | None:
    """A conversation; None for a text."""
    stripped = text.strip()
    try:
        if stripped.startswith("["):
            value = json.loads(stripped)
        elif stripped.startswith("- role:"):
            value = sources.read_yaml(node.file, stripped).plain()
        else:
            return None
    except (ValueError, RecursionError):
        if stripped.startswith("[") and '"role"' not in stripped:
            return None
        raise TemplateRefused("looks like a conversation and cannot be read as one") from None
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) and "role" in one for one in value):
        return None
    return value


def _taken_texts(message: dict[str, object]) -> dict[str, object]:
    content = message.get("content")
    if isinstance(content, str):
        return message | {"content": taken(content)}
    if isinstance(content, list):
        parts = [
            part | {"text": taken(part["text"])}
            if isinstance(part, dict) and isinstance(part.get("text"), str)
            else part
            for part in content
        ]
        return message | {"content": parts}
    return message
