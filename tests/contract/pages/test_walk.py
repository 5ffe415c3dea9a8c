"""Every page can be followed: its shell blocks are run in their order, as one script, as a reader would."""

from pathlib import Path

import pytest

from tests.support.checks.pages import Block, Page, page, pages
from tests.support.servers.server import StartServer
from tests.support.servers.walk import Clone, NotAsShown, free_address, says, serves_itself, walk

NOT_RUN = {
    ("README.md", "OPENAI_API_KEY=… make run"): "wants a key of OpenAI's",
    ("README.md", "make wheel"): "tests/contract/command_line/test_wheel.py builds and installs it",
    ("README.md", "make test"): "runs this test, among others",
    ("README.md", "make synth"): "wants an AWS account; tests/infra synthesises",
    ("CONTRIBUTING.md", "make run"): "a list of commands, of which some take an hour",
    ("docs/agents.md", "claude mcp add"): "another program's command",
    ("docs/clients.md", "OPENAI_API_BASE_URL="): "another program's command",
    ("docs/clients.md", "export OPENAI_API_BASE=http"): "another program's command; tests/clients runs it",
    ("docs/clients.md", "llm keys set"): "another program's command; tests/clients runs it",
    ("docs/clients.md", "export ANTHROPIC_BASE_URL=http"): "another program's command",
    ("docs/operations.md", ""): "wants a deployment: test_operations_page.py has a stand-in",
    ("docs/tenants.md", "PROMPTYARD_ACCOUNT_TABLE=…"): "wants a deployment",
    ("docs/where-it-runs.md", ""): "wants registries and a container engine: see test_containerfile.py",
    ("infra/README.md", "make synth"): "wants an AWS account; tests/infra synthesises",
    ("infra/README.md", "pip install"): "tests/infra/test_embedding.py installs it",
}
"""By page and how a block begins: why it is not run. A page with an empty beginning is not walked at all."""
FILLED = {"sk-…": "sk-0123456789", "py_live_…": "any"}
"""What a reader has to put in the place of what."""


def reason(of: Page, block: Block) -> str | None:
    """Why it is not run."""
    found = [why for (name, start), why in NOT_RUN.items() if name == of.name and block.text.startswith(start)]
    return found[0] if found else None


def walked(of: Page) -> list[Block]:
    return [block for block in of.blocks if block.language == "bash" and reason(of, block) is None]


WALKED = [found for found in pages() if walked(found)]


@pytest.mark.parametrize("followed", WALKED, ids=[found.name for found in WALKED])
def test_a_page_can_be_followed(followed: Page, clone: Clone, start_server: StartServer, tmp_path: Path) -> None:
    blocks = walked(followed)
    served = not serves_itself(blocks)
    url = start_server({}).url if served else free_address()
    walk(followed, blocks, clone=clone, home=tmp_path, url=url, served=served, filled=FILLED)


def test_what_is_not_run_is_there() -> None:
    for name, start in NOT_RUN:
        assert [block for block in page(name).blocks if block.language == "bash" and block.text.startswith(start)], (
            name,
            start,
        )


def invented(folder: Path, text: str) -> Page:
    path = folder / "page.md"
    path.write_text(text)
    return Page(path)


WRONG = {
    "a request that is refused": "```bash\ncurl -s http://127.0.0.1:8000/nowhere | cat\n```\n",
    "a variable that nobody sets": '```bash\necho "$ADMIN_KEY"\n```\n',
    "another answer than the one shown": "```bash\ncurl http://127.0.0.1:8000/health\n```\n\n```\n{}\n```\n",
    "a file that it leaves": "```bash\ntouch left.txt\n```\n",
    "a file that it changes": "```bash\necho >> README.md\n```\n",
}
"""What each page is wrong by."""


@pytest.mark.parametrize("wrong_by", WRONG)
def test_a_page_that_cannot_be_followed_is_found(
    wrong_by: str, clone: Clone, start_server: StartServer, tmp_path: Path
) -> None:
    wrong = invented(tmp_path, WRONG[wrong_by])
    blocks = [block for block in wrong.blocks if block.language == "bash"]
    with pytest.raises(NotAsShown):
        walk(wrong, blocks, clone=clone, home=tmp_path, url=start_server({}).url, served=True, filled={})


@pytest.mark.parametrize(
    ("shown", "said", "fits"),
    [
        ('{"a": 1, …}', '{"a":1,"b":2}', True),
        ('{"a": 1, …}', '{"a":2,"b":2}', False),
        ('{"latency_ms": 428, "ttft_ms": 1}', '{"latency_ms":3,"ttft_ms":null}', True),
        ('{"latency_ms": 428}', '{"latency_ms":3,"b":2}', False),
        ('{"created_at": "2026-11-21T10:30:00Z"}', '{"created_at":"2027-01-01T00:00:00Z"}', True),
        ("one line", "one line\nand another", False),
    ],
)
def test_what_is_shown(shown: str, said: str, fits: bool) -> None:
    assert says(shown, said) is fits
