"""Base URLs as the providers' own SDKs read them from the environment."""

from urllib.parse import urlsplit

_PATH_OF_VARIABLE = {
    "AZURE_OPENAI_ENDPOINT": "/openai/v1",
    "CEREBRAS_BASE_URL": "/v1",
    "FIREWORKS_BASE_URL": "/inference/v1",
    "GROQ_BASE_URL": "/openai/v1",
    "OLLAMA_HOST": "/v1",
    "TOGETHER_BASE_URL": "/v1",
}
"""Where a variable names the server alone: the path that the SDK which reads it puts before /chat/completions."""


_OLLAMA_PORT = 11434


def base_url_in(variable: str, value: str) -> str:
    """The base URL that an environment variable's value means, as the SDK which reads that variable has it."""
    if variable == "OLLAMA_HOST" and "://" not in value:
        # A bare host, `host:port` or `:port`: https://github.com/ollama/ollama-python, `_parse_host`.
        address = urlsplit(f"//{value}")
        host = f"[{address.hostname}]" if ":" in (address.hostname or "") else address.hostname or "127.0.0.1"
        value = f"http://{host}:{address.port or _OLLAMA_PORT}{address.path}"
    url = value.rstrip("/")
    path = _PATH_OF_VARIABLE.get(variable, "")
    return url if url.endswith(path) else url + path
