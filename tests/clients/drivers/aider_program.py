"""aider, scripted as its documentation says: a coder that is asked something in an empty folder."""

import os
from typing import Any

os.environ |= {"OPENAI_API_KEY": "any", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}

from aider.coders import Coder, base_coder
from aider.io import InputOutput
from aider.models import Model, ModelInfoManager
from serving import Outcome, serve

ModelInfoManager._update_cache = lambda self: None  # its list of prices is on another host
base_coder.RETRY_TIMEOUT = 0.5  # it tries a stream that broke off again for a minute


class Watched(InputOutput):
    def __init__(self) -> None:
        super().__init__(yes=True, pretty=False, fancy_input=False)
        self.shown: list[str] = []
        self.errors: list[str] = []

    def assistant_output(self, message: str, pretty: Any = None) -> None:
        self.shown.append(message)

    def tool_error(self, message: str = "", strip: bool = True) -> None:
        self.errors.append(str(message))


def outcome(ask: Any) -> Outcome:
    os.environ["OPENAI_API_BASE"] = f"{ask['url']}/v1"
    model, io = Model(f"openai/{ask['model']}"), Watched()
    is_streamed = ask["case"] in {"usage", "error within"}
    coder = Coder.create(main_model=model, io=io, edit_format="ask", use_git=False, stream=is_streamed)
    if ask["case"] == "history":
        coder.run("Remember this.")
    coder.run(ask["prompt"])
    if io.errors:
        kind = "token limit" if coder.num_exhausted_context_windows else "error"
        return {"error": {"kind": kind, "message": "\n".join(io.errors)}}
    told = {"text": coder.partial_response_content, "reasoning": "\n".join(io.shown), "counts_itself": is_streamed}
    return told | {"usage": {"sent": coder.total_tokens_sent, "made": coder.total_tokens_received}}


serve(outcome)
