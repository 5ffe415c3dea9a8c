"""What an `llmId` stands for: an id of the DataRobot API, or a model as a target names it."""

from collections.abc import Mapping

CUSTOM_MODEL = "custom-model"
"""A model at an address of the tenant's own."""

LANGUAGE_MODELS: Mapping[str, str] = {
    "azure-openai-gpt-3.5-turbo": "openai/gpt-3.5-turbo",
    "azure-openai-gpt-3.5-turbo-16k": "openai/gpt-3.5-turbo-16k",
    "azure-openai-gpt-4": "openai/gpt-4",
    "azure-openai-gpt-4-32k": "openai/gpt-4-32k",
    "azure-openai-gpt-4-turbo": "openai/gpt-4-turbo",
    "azure-openai-gpt-4-o": "openai/gpt-4o",
    "amazon-titan": "bedrock/amazon.titan-text-express-v1",
    "anthropic-claude-2": "anthropic/claude-2.1",
    "anthropic-claude-3-haiku": "anthropic/claude-3-haiku-20240307",
    "anthropic-claude-3-sonnet": "anthropic/claude-3-sonnet-20240229",
    "anthropic-claude-3-opus": "anthropic/claude-3-opus-20240229",
    # PaLM 2 was never served by the API that `google` speaks; Google names this model as what follows it.
    "google-bison": "google/gemini-pro",
    "google-gemini-1.5-flash": "google/gemini-1.5-flash",
    "google-gemini-1.5-pro": "google/gemini-1.5-pro",
}
"""The same model, at its maker: whose key a deployment is most likely to have."""


def target_model(llm_id: str) -> str:
    """The model that an id stands for, as a target names it; any other than those of the table is one already."""
    return LANGUAGE_MODELS.get(llm_id, llm_id)
