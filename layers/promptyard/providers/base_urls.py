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
        value = _ollama_url(value)
    url = value.rstrip("/")
    path = _PATH_OF_VARIABLE.get(variable, "")
    return url if url.endswith(path) else url + path


def _ollama_url(address: str) -> str:
    """Of a bare host, `host:port` or `:port`, as https://github.com/ollama/ollama-python, `_parse_host`, has it. A port
    that is none is the usual one, as for Ollama itself; of what is no address the transport says so when it is used."""
    is_bare_ipv6 = address.count(":") > 1 and "[" not in address
    try:
        parts = urlsplit(f"//[{address}]" if is_bare_ipv6 else f"//{address}")
    except ValueError:
        return f"http://{address}"
    try:
        port = parts.port or _OLLAMA_PORT
    except ValueError:
        port = _OLLAMA_PORT
    name = parts.hostname or "127.0.0.1"
    return f"http://{f'[{name}]' if ':' in name else name}:{port}{parts.path}"
