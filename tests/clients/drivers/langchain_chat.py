"""langchain-openai's ChatOpenAI, on Chat Completions and on Responses."""

from typing import Any

import openai
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from serving import Outcome, serve, told_of


def outcome(ask: Any) -> Outcome:
    model = ChatOpenAI(
        model=ask["model"],
        base_url=f"{ask['url']}/v1",
        api_key="any",
        timeout=30,
        stream_usage=True,
        use_responses_api=ask["protocol"] == "responses",
    )
    try:
        return told(model, ask)
    except ContextOverflowError as error:
        return {"error": {**told_of(error), "is_too_long": True}}
    except ValueError as error:
        if "ResponseError" not in str(error):  # what it makes of a response that failed
            raise
        return {"error": told_of(error)}


def told(model: ChatOpenAI, ask: Any) -> Outcome:
    human = HumanMessage(ask["prompt"])
    with_tools: Any = model.bind_tools([{"type": "function", "function": ask["tool"]}])
    match ask["case"]:
        case "text":
            answer = model.invoke([human])
            return {"text": answer.text, "usage": usage_of(answer)}
        case "image":
            image = {"type": "image_url", "image_url": {"url": ask["image"]}}
            return {"text": model.invoke([HumanMessage([{"type": "text", "text": ask["prompt"]}, image])]).text}
        case "history":
            said = with_tools.invoke([human])
            [call] = said.tool_calls
            return {"text": with_tools.invoke([human, said, ToolMessage(ask["told"], tool_call_id=call["id"])]).text}
    whole: Any = None
    pieces, arguments, thought = [], [], []
    stream = (with_tools if ask["case"] == "tool" else model).stream([human])
    for chunk in stream:
        whole = chunk if whole is None else whole + chunk
        pieces += [chunk.text] if chunk.text else []
        arguments += [piece["args"] for piece in chunk.tool_call_chunks if piece["args"]]
        thought += [str(block.get("reasoning") or "") for block in chunk.content_blocks if block["type"] == "reasoning"]
        if ask["case"] == "cancel" and pieces:
            stream.close()
            return {"pieces": pieces}
    if ask["case"] == "tool":
        [call] = whole.tool_calls
        return {"pieces": arguments, "tool": call["name"], "arguments": call["args"]}
    return {"pieces": pieces, "reasoning": "".join(thought), "usage": usage_of(whole)}


def usage_of(answer: Any) -> Any:
    usage = answer.usage_metadata
    return usage and {"sent": usage["input_tokens"], "made": usage["output_tokens"]}


serve(outcome, openai.APIError)
