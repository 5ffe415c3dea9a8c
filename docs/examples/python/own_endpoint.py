"""A model of your own, behind an API of OpenAI's form: Ollama (the default here), vLLM on http://127.0.0.1:8000/v1 …"""

import os

from promptyard import Client

with Client() as client:
    answer = client.run(
        provider="custom",
        custom_base_url=os.environ.get("ENDPOINT", "http://127.0.0.1:11434/v1"),
        model=os.environ.get("MODEL", "llama3.2"),
        prompt_text="Explain event loops.",
    )
    print(answer["output"])
