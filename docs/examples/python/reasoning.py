"""The thoughts of a model beside its answer, as both come."""

import os

from promptyard import Client, Done, Reasoning, Text

with (
    Client() as client,
    client.stream(
        model=os.environ.get("MODEL", "demo/thinker"),
        prompt_text="Explain event loops.",
        parameters={"reasoning_effort": "low"},
        events=["reasoning"],
    ) as stream,
):
    for event in stream:
        match event:
            case Reasoning(text):
                print(f"\033[2m{text}\033[0m", end="", flush=True)
            case Text(text):
                print(text, end="", flush=True)
            case Done(data):
                print(f"\n{data['stats']['tokens_out']} tokens")
