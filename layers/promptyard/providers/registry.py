"""The wires, and the providers as rows of data. A new one that speaks OpenAI's chat API is a row and nothing else.

Variables are those that each provider's own SDK reads, or that its documentation uses where it has no SDK.
"""

from collections.abc import Mapping
from dataclasses import replace

from promptyard.domain.models.catalogue import ProviderInfo
from promptyard.domain.models.targets import ProviderCall
from promptyard.providers.protocol import Adapter, InputCounter, ProviderRequest
from promptyard.providers.wires import anthropic, bedrock, demo, google, openai_compatible, openai_responses


def _count_chat(call: ProviderCall, _sent: ProviderRequest) -> ProviderRequest:
    """Who counts chats at all counts requests of the Responses API, which say the same."""
    return openai_responses.count_request(call, openai_responses.build_request(call, stream=False))


_COUNTED_CHAT = replace(openai_compatible.ADAPTER, counter=InputCounter(_count_chat, openai_responses.COUNTER.field))
"""The chat wire with the other wire's counter: put together here, since no wire imports another one."""

_ADAPTERS: tuple[Adapter, ...] = (
    _COUNTED_CHAT,
    openai_responses.ADAPTER,
    anthropic.ADAPTER,
    google.ADAPTER,
    bedrock.ADAPTER,
    demo.ADAPTER,
)
WIRES: Mapping[str, Adapter] = {adapter.wire.name: adapter for adapter in _ADAPTERS}
"""What speaks each wire, by the wire's name."""

_OPENAI = openai_compatible.ADAPTER.wire

PROVIDERS = (
    ProviderInfo(
        id="openai",
        name="OpenAI",
        wire=_OPENAI,
        base_url="https://api.openai.com/v1",
        default_model="gpt-6-sol",
        key_variables=("OPENAI_API_KEY",),
        base_url_variables=("OPENAI_BASE_URL",),
        counts_input=True,
        max_tokens_field="max_completion_tokens",
        developer_role=True,
        serves_responses=True,
        top_k=False,
        takes_back=frozenset({"audio", "refusal"}),
    ),
    ProviderInfo(
        id="anthropic",
        name="Anthropic",
        wire=anthropic.ADAPTER.wire,
        base_url="https://api.anthropic.com",
        default_model="claude-sonnet-5-5",
        key_variables=("ANTHROPIC_API_KEY",),
        base_url_variables=("ANTHROPIC_BASE_URL",),
        counts_input=True,
    ),
    ProviderInfo(
        id="google",
        name="Google Gemini",
        wire=google.ADAPTER.wire,
        base_url="https://generativelanguage.googleapis.com",
        default_model="gemini-3.8-flash",
        aliases=("gemini",),
        key_variables=("GOOGLE_API_KEY", "GEMINI_API_KEY"),  # in the SDK's own order
        base_url_variables=("GOOGLE_GEMINI_BASE_URL",),
        counts_input=True,
    ),
    ProviderInfo(
        id="bedrock",
        name="Amazon Bedrock",
        wire=bedrock.ADAPTER.wire,
        default_model="global.anthropic.claude-sonnet-5-5",
        aliases=("aws",),
        requires_key=False,  # AWS credentials, as every AWS SDK finds them
    ),
    ProviderInfo(
        id="azure",
        name="Azure OpenAI",
        wire=_OPENAI,
        # Each resource has its own host, and its deployments have names of their owner's choice. Keys are taken as
        # bearer tokens under /openai/v1: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
        key_variables=("AZURE_OPENAI_API_KEY",),
        base_url_variables=("AZURE_OPENAI_ENDPOINT",),
        max_tokens_field="max_completion_tokens",
        developer_role=True,
        top_k=False,
        takes_back=frozenset({"audio", "refusal"}),
    ),
    ProviderInfo(
        id="mistral",
        name="Mistral",
        wire=_OPENAI,
        base_url="https://api.mistral.ai/v1",
        default_model="mistral-medium-latest",
        key_variables=("MISTRAL_API_KEY",),
        seed_field="random_seed",
        stream_usage=False,  # refuses the field, and always sends the usage
        top_k=False,
        takes_back=frozenset({"prefix"}),
    ),
    ProviderInfo(
        id="groq",
        name="Groq",
        wire=_OPENAI,
        base_url="https://api.groq.com/openai/v1",
        default_model="openai/gpt-oss-120b",
        key_variables=("GROQ_API_KEY",),
        base_url_variables=("GROQ_BASE_URL",),
        max_tokens_field="max_completion_tokens",
        top_k=False,
        takes_back=frozenset({"reasoning"}),
    ),
    ProviderInfo(
        id="deepseek",
        name="DeepSeek",
        wire=_OPENAI,
        base_url="https://api.deepseek.com/v1",
        default_model="deepseek-v4-flash",
        key_variables=("DEEPSEEK_API_KEY",),
        top_k=False,
        takes_back=frozenset({"prefix", "reasoning_content"}),
    ),
    ProviderInfo(
        id="xai",
        name="xAI",
        wire=_OPENAI,
        base_url="https://api.x.ai/v1",
        default_model="grok-4.7",
        key_variables=("XAI_API_KEY",),
        top_k=False,
        takes_back=frozenset({"reasoning_content"}),
    ),
    ProviderInfo(
        id="openrouter",
        name="OpenRouter",
        wire=_OPENAI,
        base_url="https://openrouter.ai/api/v1",
        default_model="openai/gpt-6-sol",
        key_variables=("OPENROUTER_API_KEY",),
    ),
    ProviderInfo(
        id="together",
        name="Together AI",
        wire=_OPENAI,
        base_url="https://api.together.ai/v1",
        default_model="openai/gpt-oss-120b",
        key_variables=("TOGETHER_API_KEY",),
        base_url_variables=("TOGETHER_BASE_URL",),
    ),
    ProviderInfo(
        id="fireworks",
        name="Fireworks AI",
        wire=_OPENAI,
        base_url="https://api.fireworks.ai/inference/v1",
        default_model="accounts/fireworks/models/gpt-oss-120b",
        key_variables=("FIREWORKS_API_KEY",),
        base_url_variables=("FIREWORKS_BASE_URL",),
    ),
    ProviderInfo(
        id="cerebras",
        name="Cerebras",
        wire=_OPENAI,
        base_url="https://api.cerebras.ai/v1",
        default_model="gpt-oss-120b",
        key_variables=("CEREBRAS_API_KEY",),
        base_url_variables=("CEREBRAS_BASE_URL",),
        max_tokens_field="max_completion_tokens",
        top_k=False,
        takes_back=frozenset({"reasoning"}),
    ),
    ProviderInfo(
        id="perplexity",
        name="Perplexity",
        wire=_OPENAI,
        base_url="https://api.perplexity.ai",
        default_model="sonar",
        key_variables=("PERPLEXITY_API_KEY",),
        base_url_variables=("PERPLEXITY_BASE_URL",),
        takes_back=frozenset(),
    ),
    ProviderInfo(
        id="moonshot",
        name="Moonshot AI",
        wire=_OPENAI,
        base_url="https://api.moonshot.ai/v1",
        default_model="kimi-k3",
        key_variables=("MOONSHOT_API_KEY",),
    ),
    ProviderInfo(
        id="nvidia",
        name="NVIDIA NIM",
        wire=_OPENAI,
        base_url="https://integrate.api.nvidia.com/v1",
        key_variables=("NVIDIA_API_KEY",),
    ),
    ProviderInfo(
        id="cohere",
        name="Cohere",
        wire=_OPENAI,
        base_url="https://api.cohere.ai/compatibility/v1",
        default_model="command-a-03-2025",
        key_variables=("CO_API_KEY", "COHERE_API_KEY"),
        stream_usage=False,  # refuses the field: https://docs.cohere.com/docs/compatibility-api
        takes_back=frozenset(),
    ),
    ProviderInfo(
        id="qwen",
        name="Alibaba Qwen",
        wire=_OPENAI,
        base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        aliases=("dashscope",),
        key_variables=("DASHSCOPE_API_KEY",),
    ),
    ProviderInfo(
        id="zai",
        name="Z.ai",
        wire=_OPENAI,
        base_url="https://api.z.ai/api/paas/v4",
        key_variables=("ZAI_API_KEY",),
    ),
    ProviderInfo(
        id="sambanova",
        name="SambaNova",
        wire=_OPENAI,
        base_url="https://api.sambanova.ai/v1",
        key_variables=("SAMBANOVA_API_KEY",),
    ),
    ProviderInfo(
        id="deepinfra",
        name="DeepInfra",
        wire=_OPENAI,
        base_url="https://api.deepinfra.com/v1/openai",
        key_variables=("DEEPINFRA_API_KEY",),
    ),
    ProviderInfo(
        id="huggingface",
        name="Hugging Face",
        wire=_OPENAI,
        base_url="https://router.huggingface.co/v1",
        key_variables=("HF_TOKEN",),
    ),
    ProviderInfo(
        id="ollama",
        name="Ollama",
        wire=_OPENAI,
        base_url="http://127.0.0.1:11434/v1",
        key_variables=("OLLAMA_API_KEY",),
        base_url_variables=("OLLAMA_HOST",),
        requires_key=False,
    ),
    ProviderInfo(
        id="lmstudio",
        name="LM Studio",
        wire=_OPENAI,
        base_url="http://127.0.0.1:1234/v1",
        base_url_variables=("LMSTUDIO_BASE_URL",),
        requires_key=False,
    ),
    ProviderInfo(
        id="vllm",
        name="vLLM",
        wire=_OPENAI,
        # No address of its own: its default port, 8000, is also that of the local Promptyard.
        key_variables=("VLLM_API_KEY",),
        base_url_variables=("VLLM_BASE_URL",),
        requires_key=False,
    ),
    ProviderInfo(id="custom", name="Custom (OpenAI-compatible)", wire=_OPENAI, requires_key=False),
    ProviderInfo(
        id="demo",
        name="Demo (built-in stand-in, no language model)",
        wire=demo.ADAPTER.wire,
        default_model="writer",
        requires_key=False,
        stand_in=True,
    ),
)
