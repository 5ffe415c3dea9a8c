"""A model asks for a tool, a program calls it, and a second turn gives the model what it said."""

import json
import os

from promptyard import Client


def weather(city: str) -> str:
    return f"It is 21 °C in {city}."


schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
tools = [{"type": "function", "function": {"name": "weather", "description": "The weather now", "parameters": schema}}]
messages = [{"role": "user", "content": "What is the weather in Bern?"}]
with Client() as client:
    while True:
        answer = client.run(
            model=os.environ.get("MODEL", "demo/writer"), messages=messages, parameters={"tools": tools}
        )
        if not answer["tool_calls"]:
            break
        messages.append(answer["message"])  # as it is: it holds what the provider wants back
        for call in answer["tool_calls"]:
            said = weather(**json.loads(call["function"]["arguments"]))
            print("the tool says:", said)
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": said})
    print(answer["output"])
