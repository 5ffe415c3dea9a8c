"""promptfoo's providers as targets. Keys are never taken."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from promptyard.domain.benchmarks.imports.documents import Node
from promptyard.domain.benchmarks.imports.promptfoo.sources import Sources, is_code, is_file
from promptyard.domain.benchmarks.imports.refusals import Refusals
from promptyard.domain.models.targets import Parameters, Target

_PROVIDERS: Mapping[str, str] = {
    **dict.fromkeys(("openai", "openai:chat", "openai:responses"), "openai"),
    **dict.fromkeys(("anthropic", "anthropic:messages"), "anthropic"),
    **dict.fromkeys(("google", "vertex", "palm", "vertex:chat"), "google"),
    **dict.fromkeys(("bedrock", "bedrock:converse", "bedrock:messages"), "bedrock"),
    **dict.fromkeys(("ollama", "ollama:chat"), "ollama"),
    **dict.fromkeys(("togetherai", "together"), "together"),
    **dict.fromkeys(("huggingface:chat", "huggingface:text-generation"), "huggingface"),
    **dict.fromkeys(("azure:chat", "azure:responses", "azureopenai:chat"), "azure"),
    **dict.fromkeys(("alibaba", "alibaba:chat"), "qwen"),
    **dict.fromkeys(("fireworks", "fireworksai"), "fireworks"),
    **{
        name: name
        for name in (
            "openrouter", "mistral", "groq", "deepseek", "xai", "cerebras", "perplexity", "cohere", "deepinfra",
            "sambanova",
        )
    },
}  # fmt: skip
"""What stands before the model's name, by our provider."""
_OTHER_KINDS = frozenset(
    {
        *("embedding", "embeddings", "image", "images", "realtime", "assistant", "moderation", "completion", "video"),
        *(
            "transcription",
            "live",
            "speech",
            "agents",
            "codex-sdk",
            "codex",
            "claude-agent-sdk",
            "chatkit",
            "sora",
            "tts",
            "audio",
        ),
    }
)
"""What stands in the place of a model's name and is another kind of API."""

_PARAMETERS: Mapping[str, str] = {
    "temperature": "temperature",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "maxOutputTokens": "max_tokens",
    "maxTokens": "max_tokens",
    "num_predict": "max_tokens",
    "max_new_tokens": "max_tokens",
    "max_gen_len": "max_tokens",
    "maxTokenCount": "max_tokens",
    "top_p": "top_p",
    "topP": "top_p",
    "top_k": "top_k",
    "topK": "top_k",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "stop": "stop",
    "stop_sequences": "stop",
    "stopSequences": "stop",
    "seed": "seed",
    "reasoning_effort": "reasoning_effort",
    "response_format": "response_format",
    "tools": "tools",
    "tool_choice": "tool_choice",
    "parallel_tool_calls": "parallel_tool_calls",
    "passthrough": "extra",
}
_HARMLESS = frozenset({"region", "showThinking", "cost", "inputCost", "outputCost", "projectId", "location"})
"""They change nothing of what the model is asked."""
_SECRET = ("key", "token", "secret", "password", "authorization", "headers", "credential")
_FIELDS = frozenset({"id", "label", "config", "delay"})
_OBJECTS = frozenset({"reasoning", "generationConfig", "inferenceConfig", "textGenerationConfig"})


def targets_of(node: Node | None, sources: Sources) -> list[Target]:
    if node is None:
        return []
    if is_file(node.text) and not is_code(node.text or ""):
        node = sources.document(node, node.text or "", "providers")
        if node is None:
            return []
    entries = node.items if isinstance(node.value, list) else [node]
    return [target for entry in entries for target in _targets(entry, sources)]


def model_of(provider: str) -> str | None:
    """`provider/model`, None for what is no model of a provider that is known here."""
    if provider == "echo":
        return "demo/echo"
    for length in (2, 1):
        parts = provider.split(":")
        prefix, model = ":".join(parts[:length]), ":".join(parts[length:])
        ours = _PROVIDERS.get(prefix)
        if ours is not None and model and model.split(":")[0] not in _OTHER_KINDS and model != prefix:
            if length == 1 and f"{prefix}:{model}" in _PROVIDERS:
                continue
            return f"{ours}/{model}"
    return None


def _targets(node: Node, sources: Sources) -> list[Target]:
    if is_file(node.text) and not is_code(node.text or ""):
        return targets_of(node, sources)
    if node.text is not None:
        return _one(node, node.text, None, sources)
    provider = node.get("id")
    if provider is None and len(node.fields) == 1:
        name, options = next(iter(node.fields.items()))
        return _one(options, name, options, sources)
    if provider is None or provider.text is None:
        sources.refusals.add(node, "provider", "has no id")
        return []
    return _one(provider, provider.text, node, sources)


def _one(node: Node, provider: str, options: Node | None, sources: Sources) -> list[Target]:
    refusals = sources.refusals
    model = model_of(provider)
    if model is None:
        refusals.add(node, f"provider {_shown(provider)}", "is no provider that is known here")
        return []
    fields = {} if options is None else options.fields
    for name, field_node in fields.items():
        if name not in _FIELDS and not field_node.is_null:
            refusals.add(field_node, f"provider {_shown(provider)}: {name}", "is not taken")
    config = fields.get("config")
    given: dict[str, Any] = {}
    base_url = None
    for name, value in ({} if config is None else config.fields).items():
        if name in {"apiBaseUrl", "apiHost", "base_url", "baseUrl"} and value.text and name != "apiHost":
            base_url = value.text
        elif name in _OBJECTS and value.fields:
            for inner, inner_value in value.fields.items():
                ours = "reasoning_effort" if (name, inner) == ("reasoning", "effort") else inner
                _take(ours, inner_value, given, provider, sources)
        else:
            _take(name, value, given, provider, sources)
    if base_url is not None and "{{" in base_url:
        refusals.add(config or node, f"provider {_shown(provider)}: apiBaseUrl", "has a template in it")
        return []
    parameters = _parameters(given, config or node, provider, refusals)
    if base_url is None:
        return [Target(model=model, parameters=parameters)]
    return [Target(provider="custom", model=model.partition("/")[2], custom_base_url=base_url, parameters=parameters)]


def _take(name: str, node: Node, given: dict[str, Any], provider: str, sources: Sources) -> None:
    if node.is_null or name in _HARMLESS:
        return
    what = f"provider {_shown(provider)}: {name}"
    if any(secret in name.lower() for secret in _SECRET) and name not in _PARAMETERS:
        sources.refusals.add(node, what, "is not taken: keys are never imported")
        return
    ours = _PARAMETERS.get(name)
    if ours is None:
        sources.refusals.add(node, what, "is no parameter that is known here")
        return
    value: Node | None = node
    if is_file(node.text):
        value = sources.document(node, node.text or "", what)
    if value is None:
        return
    if _has_template(value):
        sources.refusals.add(node, what, "has a template in it")
        return
    given[ours] = (value, what)


def _parameters(given: Mapping[str, tuple[Node, str]], node: Node, provider: str, refusals: Refusals) -> Parameters:
    """Those that our models take; each of the others is refused by itself."""
    known: dict[str, Any] = {}
    for name, (value, what) in given.items():
        candidate = {name: _named(name, value.plain())}
        try:
            Parameters.model_validate(candidate)
        except ValidationError as error:
            refusals.add(value, what, f"cannot be taken: {error.errors()[0]['msg']}")
        else:
            known |= candidate
    for name in ("tool_choice", "parallel_tool_calls"):
        if name in known and "tools" not in known:
            refusals.add(node, f"provider {_shown(provider)}: {name}", "goes with tools")
            del known[name]
    return Parameters.model_validate(known)


def _named(name: str, value: Any) -> Any:
    if name == "response_format" and isinstance(value, dict) and value.get("type") == "json_schema":
        schema = value.get("json_schema")
        if schema is None and "schema" in value:
            return {"type": "json_schema", "json_schema": {key: value[key] for key in value if key != "type"}}
    return value


def _has_template(node: Node) -> bool:
    if node.text is not None:
        return "{{" in node.text or "{%" in node.text
    return any(_has_template(inner) for inner in [*node.items, *node.fields.values()])


def _shown(provider: str) -> str:
    """Without what may hold a key."""
    return provider.split("?", maxsplit=1)[0][:80]
