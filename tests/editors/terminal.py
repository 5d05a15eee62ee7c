"""A program in a pseudo-terminal, and the screen that its user would see."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable

import pyte

#: How often a condition is looked at while the program prints nothing, in seconds.
GLANCE_SECONDS = 0.05


class Screen(pyte.Screen):
    """Answers what a program asks of its terminal, as terminals do."""

    answer: Callable[[str], None]

    def write_process_input(self, data: str) -> None:
        self.answer(data)


class Terminal:
    def __init__(self, command: list[str], environment: dict[str, str], columns: int, lines: int) -> None:
        self.screen = Screen(columns, lines)
        self.screen.answer = self.press
        self.stream = pyte.Stream(self.screen)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.terminal, program_side = pty.openpty()
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen(
            command,
            stdin=program_side,
            stdout=program_side,
            stderr=program_side,
            env={**environment, "TERM": "xterm-256color"},
            preexec_fn=self.take_terminal,
            start_new_session=True,
        )
        # a program that ended leaves nobody on its side: then reading fails instead of waiting
        os.close(program_side)

    @staticmethod
    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def press(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def read(self, seconds: float) -> None:
        """Takes what the program prints, waiting so long for it."""
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        if not ready:
            return
        try:
            printed = os.read(self.terminal, 65536)
        except OSError as error:  # how Linux tells that nobody is on the other side
            raise EOFError(f"the program ended; the screen showed\n{self.text()}") from error
        self.stream.feed(self.decoder.decode(printed))

    def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Reads until something holds; whether it did in that time."""
        deadline = time.monotonic() + seconds
        while not holds():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.read(min(left, GLANCE_SECONDS))
        return True

    def ended(self, seconds: float) -> int:
        """The exit status of a program that is about to end."""
        try:
            self.until(lambda: False, seconds)
        except EOFError:
            return self.process.wait(seconds)
        raise TimeoutError(f"the program did not end; the screen shows\n{self.text()}")

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
