"""llama-index's OpenAILike."""

from itertools import pairwise
from typing import Any

import openai
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from serving import Outcome, serve


def look_up(city: str, days: int) -> str:
    """Looks the weather up."""
    return f"{city} {days}"


def outcome(ask: Any) -> Outcome:
    model = OpenAILike(
        model=ask["model"],
        api_base=f"{ask['url']}/v1",
        api_key="any",
        timeout=30,
        context_window=100_000,
        is_chat_model=True,
        is_function_calling_model=True,
        additional_kwargs={"stream_options": {"include_usage": True}} if ask["case"] == "usage" else {},
    )
    user = ChatMessage(role="user", content=ask["prompt"])
    tool = FunctionTool.from_defaults(look_up, name=ask["tool"]["name"])
    match ask["case"]:
        case "text":
            answer = model.chat([user])
            return {"text": answer.message.content, "usage": usage_of(answer)}
        case "image":
            blocks = [TextBlock(text=ask["prompt"]), ImageBlock(url=ask["image"])]
            return {"text": model.chat([ChatMessage(role="user", blocks=blocks)]).message.content}
        case "history":
            said = model.chat_with_tools([tool], chat_history=[user])
            [call] = model.get_tool_calls_from_response(said)
            result = ChatMessage(role="tool", content=ask["told"], additional_kwargs={"tool_call_id": call.tool_id})
            return {"text": model.chat_with_tools([tool], chat_history=[user, said.message, result]).message.content}
        case "tool":
            grown = [(arguments_of(part), part) for part in model.stream_chat_with_tools([tool], chat_history=[user])]
            [call] = model.get_tool_calls_from_response(grown[-1][1])
            texts = [arguments for arguments, _ in grown]
            pieces = [later.removeprefix(before) for before, later in pairwise(["", *texts])]
            pieces = [piece for piece in pieces if piece]
            return {"pieces": pieces, "tool": call.tool_name, "arguments": call.tool_kwargs}
    pieces, thought, usage = [], [], None
    for part in model.stream_chat([user]):
        pieces += [part.delta] if part.delta else []
        thought.append(part.additional_kwargs.get("thinking_delta") or "")
        usage = usage_of(part) or usage
        if ask["case"] == "cancel" and pieces:
            return {"pieces": pieces, "ends": True}
    return {"pieces": pieces, "reasoning": "".join(thought), "usage": usage}


def arguments_of(part: Any) -> str:
    """By now: its list of calls grows while the answer comes."""
    calls = part.message.additional_kwargs.get("tool_calls") or []
    return "".join(call.function.arguments or "" for call in calls)


def usage_of(answer: Any) -> Any:
    usage = getattr(answer.raw, "usage", None)
    return usage and {"sent": usage.prompt_tokens, "made": usage.completion_tokens}


serve(outcome, openai.APIError)
