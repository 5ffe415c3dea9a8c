"""Anthropic's SDK for Python."""

from typing import Any

import anthropic
from serving import Outcome, serve


def outcome(ask: Any) -> Outcome:
    with anthropic.Anthropic(base_url=ask["url"], api_key="any", timeout=30) as client:
        return told(client, ask)


def told(client: anthropic.Anthropic, ask: Any) -> Outcome:
    create, user = client.messages.create, {"role": "user", "content": ask["prompt"]}
    given: Any = {"model": ask["model"], "max_tokens": 500, "messages": [user]}
    tools: Any = [{"name": ask["tool"]["name"], "input_schema": ask["tool"]["parameters"]}]
    match ask["case"]:
        case "models":
            return {"models": [model.id for model in client.models.list()]}
        case "text":
            answer = create(**given)
            return {"text": text_of(answer), "usage": usage_of(answer)}
        case "image":
            header, _, data = ask["image"].partition(";base64,")
            source = {"type": "base64", "media_type": header.removeprefix("data:"), "data": data}
            shown = [{"type": "image", "source": source}, {"type": "text", "text": ask["prompt"]}]
            return {"text": text_of(create(**given | {"messages": [{"role": "user", "content": shown}]}))}
        case "history":
            said = create(**given, tools=tools)
            [call] = [block for block in said.content if block.type == "tool_use"]
            result = {"type": "tool_result", "tool_use_id": call.id, "content": ask["told"]}
            turns = [user, {"role": "assistant", "content": said.content}, {"role": "user", "content": [result]}]
            return {"text": text_of(create(**given | {"messages": turns}, tools=tools))}
    pieces, thought = [], []
    with client.messages.stream(**given, tools=tools if ask["case"] == "tool" else []) as stream:
        for event in stream:
            match event.type:
                case "text":
                    pieces.append(event.text)
                case "input_json":
                    pieces.append(event.partial_json)
                case "thinking":
                    thought.append(event.thinking)
            if ask["case"] == "cancel" and pieces:
                stream.close()
                return {"pieces": pieces}
        answer = stream.get_final_message()
    if ask["case"] == "tool":
        [call] = [block for block in answer.content if block.type == "tool_use"]
        return {"pieces": pieces, "tool": call.name, "arguments": call.input}
    return {"pieces": pieces, "reasoning": "".join(thought), "usage": usage_of(answer)}


def text_of(answer: Any) -> str:
    return "".join(block.text for block in answer.content if block.type == "text")


def usage_of(answer: Any) -> dict[str, int]:
    return {"sent": answer.usage.input_tokens, "made": answer.usage.output_tokens}


serve(outcome, anthropic.APIError)
