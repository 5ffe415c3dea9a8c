"""Providers' words for why an answer ended. A word means the same on whichever wire it comes: gateways translate from
one to the other, and not all of them the words."""

from promptyard.domain.models.provider_events import FinishReason

NONE = frozenset({"null", "none", "finish_reason_unspecified"})
"""Words for that it has not been said."""

_WORDS = {
    FinishReason.STOP: """complete completed done end end_turn eos eos_token stop stop_sequence stop_str
        stop_token""",
    FinishReason.LENGTH: """continuation length max_length max_new_tokens max_output_tokens max_tokens model_length
        model_context_window_exceeded pause_turn""",
    FinishReason.TOOL: "function_call tool_call tool_calls tool_use",
    FinishReason.FILTER: """blocklist content_filter content_filtered error_toxic escalation guardrail_intervened
        image_prohibited_content image_recitation image_safety model_armor prohibited_content recitation refusal
        safety sensitive spii""",
    FinishReason.ERROR: "error insufficient_system_resource malformed_model_output malformed_tool_use",
}

KNOWN = {word: reason for reason, words in _WORDS.items() for word in words.split()}
"""In small letters. All others are FinishReason.ERROR: nobody said that the answer is whole."""


def reason_of(word: str) -> FinishReason | None:
    """None for a word that nobody knows. Some servers write the name of their enumeration before it."""
    return KNOWN.get(word.rpartition(".")[2].strip().lower())
