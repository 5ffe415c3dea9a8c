"""Assistant's messages as the vendors' SDKs dump them, written out as plain objects."""

from typing import Any

SIGNATURE = "c2lnbmF0dXJlPT0="

OPENAI_TEXT: dict[str, Any] = {
    "content": "Hello",
    "refusal": None,
    "role": "assistant",
    "annotations": [],
    "audio": None,
    "function_call": None,
    "tool_calls": None,
}
OPENAI_REFUSAL = {**OPENAI_TEXT, "content": None, "refusal": "I cannot help with that."}
OPENAI_TOOL_CALL = {
    **OPENAI_TEXT,
    "content": None,
    "tool_calls": [{"id": "call_1", "function": {"arguments": '{"a":1}', "name": "f"}, "type": "function"}],
}
OPENAI_STREAMED = {
    "content": None,
    "function_call": None,
    "refusal": None,
    "role": "assistant",
    "tool_calls": [
        {
            "index": 0,
            "id": "call_1",
            "function": {"arguments": '{"a":1}', "name": "f", "parsed_arguments": None},
            "type": "function",
        }
    ],
    "parsed": None,
}
OPENAI_LEGACY = {**OPENAI_TEXT, "content": None, "function_call": {"name": "f", "arguments": '{"a":1}'}}
RESPONSES_TEXT = {
    "id": "msg_1",
    "content": [{"annotations": [], "text": "Hello", "type": "output_text", "logprobs": []}],
    "role": "assistant",
    "status": "completed",
    "type": "message",
    "phase": None,
}
DEEPSEEK_TOOL_CALL = {**OPENAI_TOOL_CALL, "reasoning_content": "They want f."}
OPENROUTER_TEXT = {**OPENAI_TEXT, "reasoning": "Short.", "reasoning_details": [{"type": "reasoning.text", "text": "S"}]}

_ANTHROPIC = {
    "id": "msg_1",
    "container": None,
    "model": "claude-x",
    "role": "assistant",
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "type": "message",
    "usage": {"input_tokens": 9, "output_tokens": 4, "cache_read_input_tokens": None},
}
THINKING = {"signature": SIGNATURE, "thinking": "They greet me.", "type": "thinking"}
REDACTED = {"data": "cmVkYWN0ZWQ=", "type": "redacted_thinking"}
ANTHROPIC_TEXT = {**_ANTHROPIC, "content": [{"citations": None, "text": "Hello", "type": "text"}]}
ANTHROPIC_TOOL_CALL = {
    **_ANTHROPIC,
    "stop_reason": "tool_use",
    "content": [
        THINKING,
        REDACTED,
        {"citations": None, "text": "I ask f.", "type": "text"},
        {"id": "call_1", "caller": {"type": "direct"}, "input": {"a": 1}, "name": "f", "type": "tool_use"},
    ],
}

GOOGLE_TEXT = {"parts": [{"text": "Hello", "thought": None, "thought_signature": None}], "role": "model"}
GOOGLE_TOOL_CALL = {
    "parts": [
        {"text": "They want f.", "thought": True, "thought_signature": None},
        {
            "function_call": {"id": "call_1", "args": {"a": 1}, "name": "f", "partial_args": None},
            "text": None,
            "thought_signature": SIGNATURE,
        },
    ],
    "role": "model",
}
GOOGLE_ALIASED = {
    "parts": [{"functionCall": {"id": "call_1", "args": {"a": 1}, "name": "f"}, "thoughtSignature": SIGNATURE}],
    "role": "model",
}

TEXTS = {
    "openai": OPENAI_TEXT,
    "openrouter": OPENROUTER_TEXT,
    "responses": RESPONSES_TEXT,
    "anthropic": ANTHROPIC_TEXT,
    "google": GOOGLE_TEXT,
}
REFUSALS = {"openai": OPENAI_REFUSAL}
TOOL_CALLS = {
    "openai": OPENAI_TOOL_CALL,
    "openai streamed": OPENAI_STREAMED,
    "deepseek": DEEPSEEK_TOOL_CALL,
    "anthropic": ANTHROPIC_TOOL_CALL,
    "google": GOOGLE_TOOL_CALL,
    "google, as the API spells it": GOOGLE_ALIASED,
}
