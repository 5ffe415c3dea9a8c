"""A terminal of some size, that a command runs in: what a person sees of it, frame by frame."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyte

PATIENCE_SECONDS = 60
FRAME_SECONDS = 0.01
"""So long without a byte, a screen is as it was meant."""


@dataclass(slots=True)
class Recording:
    """`frames` are screens, each its lines; `raw` is all that was written."""

    exit_code: int
    raw: bytes
    frames: list[list[str]] = field(default_factory=list)

    @property
    def last(self) -> str:
        return "\n".join(line.rstrip() for line in self.frames[-1]).strip("\n")


def record(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    columns: int = 80,
    lines: int = 24,
    interrupt_when: Callable[[str], bool] | None = None,
) -> Recording:
    """`promptyard` with these arguments. Ctrl-C is pressed once `interrupt_when` says so of a screen."""
    screen = pyte.Screen(columns, lines)
    stream = pyte.ByteStream(screen)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    given = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
    command = [sys.executable, "-m", "promptyard_cli", *arguments]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=given, start_new_session=True)
    os.close(slave)
    recording = Recording(0, b"")
    until, interrupted = time.monotonic() + PATIENCE_SECONDS, False
    try:
        while True:
            assert time.monotonic() < until, "\n".join(screen.display)
            if select.select([master], [], [], FRAME_SECONDS)[0]:
                data = _read(master)
                if not data:
                    break
                recording.raw += data
                stream.feed(data)
            elif recording.raw:
                recording.frames.append(list(screen.display))
            if interrupt_when is not None and not interrupted and interrupt_when("\n".join(screen.display)):
                interrupted = True
                process.send_signal(signal.SIGINT)
        recording.frames.append(list(screen.display))
        recording.exit_code = process.wait(PATIENCE_SECONDS)
        return recording
    finally:
        process.kill()
        process.wait()
        os.close(master)


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65_536)
    except OSError:  # on Linux, the end of what the command wrote
        return b""
