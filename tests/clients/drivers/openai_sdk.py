"""openai-python, on Chat Completions and on Responses."""

import json
from typing import Any

import openai
from serving import Outcome, serve


def outcome(ask: Any) -> Outcome:
    with openai.OpenAI(base_url=f"{ask['url']}/v1", api_key="any", timeout=30) as client:
        if ask["case"] == "models":
            return {"models": [model.id for model in client.models.list()]}
        return {"chat": chat, "responses": responses}[ask["protocol"]](client, ask)


def chat(client: openai.OpenAI, ask: Any) -> Outcome:
    create, user = client.chat.completions.create, {"role": "user", "content": ask["prompt"]}
    given: Any = {"model": ask["model"], "messages": [user]}
    tools: Any = [{"type": "function", "function": ask["tool"]}]
    match ask["case"]:
        case "text":
            answer = create(**given)
            return {"text": answer.choices[0].message.content, "usage": chat_usage(answer.usage)}
        case "image":
            image = {"type": "image_url", "image_url": {"url": ask["image"]}}
            shown = {"role": "user", "content": [{"type": "text", "text": ask["prompt"]}, image]}
            return {"text": create(**given | {"messages": [shown]}).choices[0].message.content}
        case "tool":
            with client.chat.completions.stream(**given, tools=tools) as stream:
                pieces = [e.arguments_delta for e in stream if e.type == "tool_calls.function.arguments.delta"]
                [call] = stream.get_final_completion().choices[0].message.tool_calls or []
            return {"pieces": pieces, "tool": call.function.name, "arguments": json.loads(call.function.arguments)}
        case "history":
            said = create(**given, tools=tools).choices[0].message
            [call] = said.tool_calls or []
            told = {"role": "tool", "tool_call_id": call.id, "content": ask["told"]}
            return {"text": create(**given | {"messages": [user, said, told]}, tools=tools).choices[0].message.content}
    pieces, thought, usage = [], [], None
    stream = create(**given, stream=True, stream_options={"include_usage": True})
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            thought.append(getattr(choice.delta, "reasoning_content", None) or "")
            pieces += [choice.delta.content] if choice.delta.content else []
        if ask["case"] == "cancel" and pieces:
            stream.close()
            return {"pieces": pieces}
    return {"pieces": pieces, "reasoning": "".join(thought), "usage": chat_usage(usage)}


def responses(client: openai.OpenAI, ask: Any) -> Outcome:
    create, user = client.responses.create, {"role": "user", "content": ask["prompt"]}
    given: Any = {"model": ask["model"], "input": [user]}
    tools: Any = [{"type": "function", "strict": None, **ask["tool"]}]
    match ask["case"]:
        case "text":
            answer = create(**given)
            return {"text": answer.output_text, "usage": responses_usage(answer.usage)}
        case "image":
            image = {"type": "input_image", "image_url": ask["image"], "detail": "auto"}
            shown = {"role": "user", "content": [{"type": "input_text", "text": ask["prompt"]}, image]}
            return {"text": create(**given | {"input": [shown]}).output_text}
        case "tool":
            with client.responses.stream(**given, tools=tools) as stream:
                pieces = [e.delta for e in stream if e.type == "response.function_call_arguments.delta"]
                [call] = [item for item in stream.get_final_response().output if item.type == "function_call"]
            return {"pieces": pieces, "tool": call.name, "arguments": json.loads(call.arguments)}
        case "history":
            said = create(**given, tools=tools).output
            [call] = [item for item in said if item.type == "function_call"]
            told = {"type": "function_call_output", "call_id": call.call_id, "output": ask["told"]}
            return {"text": create(**given | {"input": [user, *said, told]}, tools=tools).output_text}
    pieces, thought, usage = [], [], None
    stream = create(**given, stream=True)
    for event in stream:
        match event.type:
            case "response.output_text.delta":
                pieces.append(event.delta)
            case "response.reasoning_summary_text.delta":
                thought.append(event.delta)
            case "response.completed":
                usage = event.response.usage
            case "response.failed":
                return {"pieces": pieces, "error": {"kind": event.type, "message": event.response.error.message}}
        if ask["case"] == "cancel" and pieces:
            stream.close()
            return {"pieces": pieces}
    return {"pieces": pieces, "reasoning": "".join(thought), "usage": responses_usage(usage)}


def chat_usage(usage: Any) -> Any:
    return usage and {"sent": usage.prompt_tokens, "made": usage.completion_tokens}


def responses_usage(usage: Any) -> Any:
    return usage and {"sent": usage.input_tokens, "made": usage.output_tokens}


serve(outcome, openai.APIError)
