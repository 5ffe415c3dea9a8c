"""`llm`, with the server as one of its extra OpenAI models."""

import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

import llm
import openai
from serving import Outcome, serve


def outcome(ask: Any) -> Outcome:
    entry = {
        "model_id": "ours",
        "model_name": ask["model"],
        "api_base": f"{ask['url']}/v1",
        "supports_tools": True,
        "vision": True,
        "reasoning": True,
        "responses": ask["protocol"] == "responses",
    }
    Path(os.environ["LLM_USER_PATH"], "extra-openai-models.yaml").write_text(json.dumps([entry]))
    model = llm.get_model("ours")
    model.key = "any"
    match ask["case"]:
        case "text":
            answer = model.prompt(ask["prompt"], stream=False)
            return {"text": answer.text(), "usage": usage_of(answer)}
        case "image":
            content = b64decode(ask["image"].partition(";base64,")[2])
            image = llm.Attachment(type="image/png", content=content)
            return {"text": model.prompt(ask["prompt"], attachments=[image], stream=False).text()}
        case "tool" | "history":
            tool = llm.Tool(ask["tool"]["name"], "", ask["tool"]["parameters"], lambda **_: ask["told"])
            chain = model.chain(ask["prompt"], tools=[tool], stream=ask["case"] == "tool")
            rounds = list(chain.responses())
            [call] = [call for answer in rounds for call in answer.tool_calls()]
            return {"text": rounds[-1].text(), "tool": call.name, "arguments": call.arguments}
    answer = model.prompt(ask["prompt"], stream=True)
    pieces = []
    for event in answer.stream_events():
        pieces += [event.chunk] if event.type == "text" else []
        if ask["case"] == "cancel" and pieces:
            return {"pieces": pieces, "ends": True}
    thought = "".join(event.chunk for event in answer.stream_events() if event.type == "reasoning")
    return {"pieces": pieces, "reasoning": thought, "usage": usage_of(answer)}


def usage_of(answer: Any) -> dict[str, Any]:
    usage = answer.usage()
    return {"sent": usage.input, "made": usage.output}


serve(outcome, openai.APIError, llm.ModelError)
