"""A user's way through Helix, in a terminal: what is asserted on is what the screen shows.

    python helix.py HX      in a copy of the example, with METASYNC_BIN

The configuration is the file that editors/README.md tells users to write, and nothing else.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import sys

from terminal import Terminal

COLUMNS, LINES = 240, 50
#: The index of the example; an answer; an attempt that is made again.
READY_SECONDS, ANSWER_SECONDS, ATTEMPT_SECONDS = 60, 30, 2

#: An escape as newer terminals send it: the single byte, read together with the key after it, would be Alt and that key.
ESCAPE, ENTER, DOWN = "\x1b[27u", "\r", "\x1b[B"
#: Control with o, u and x: the place before, an empty line, completion.
BACK, CLEAR, COMPLETE = "\x0f", "\x15", "\x18"
MODEL = pathlib.Path("models/marts/customers.sql")
EDITORS = pathlib.Path(__file__).parents[2] / "editors"


def configure(home: pathlib.Path) -> None:
    """Does what the documentation says under Helix, in this user's home."""
    section = (EDITORS / "README.md").read_text(encoding="utf-8").split("\n## Helix\n")[1].split("\n## ")[0]
    link = re.search(r"Put \[[^]]*\]\((\S+languages\.toml)\) into Helix' configuration folder", section)
    assert link, f"the documentation says no longer where languages.toml goes:\n{section}"
    folder = home / ".config" / "helix"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(EDITORS / link[1], folder / "languages.toml")


def environment(home: pathlib.Path) -> dict[str, str]:
    """`metasync` is on the PATH, as the configuration expects."""
    programs = home / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    (programs / "metasync").symlink_to(os.environ["METASYNC_BIN"])
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "COLORTERM": ""}


class Helix:
    def __init__(self, program: str) -> None:
        home = pathlib.Path(os.environ["HOME"])
        configure(home)
        self.log = home / "helix.log"
        command = [program, "-vv", "--log", str(self.log), str(MODEL)]
        self.terminal = Terminal(command, environment(home), COLUMNS, LINES)

    def shows(self, *texts: str) -> bool:
        screen = self.terminal.text()
        return all(text in screen for text in texts)

    def expect(self, *texts: str, seconds: float = ANSWER_SECONDS) -> None:
        if not self.terminal.until(lambda: self.shows(*texts), seconds):
            raise AssertionError(f"the screen does not show {texts}:\n{self.terminal.text()}")

    def expect_gone(self, text: str) -> None:
        if not self.terminal.until(lambda: not self.shows(text), ANSWER_SECONDS):
            raise AssertionError(f"the screen still shows {text!r}:\n{self.terminal.text()}")

    def press(self, keys: str, *texts: str) -> None:
        self.terminal.press(keys)
        self.expect(*texts)

    def press_until(self, keys: str, *texts: str) -> None:
        """Presses the keys again until the screen shows this: the server indexes meanwhile."""
        for _ in range(int(READY_SECONDS / ATTEMPT_SECONDS)):
            self.terminal.press(keys)
            if self.terminal.until(lambda: self.shows(*texts), ATTEMPT_SECONDS):
                return
            self.leave()
        self.expect(*texts, seconds=0)

    def leave(self) -> None:
        """Closes what is open above the text, and is in normal mode."""
        self.terminal.press(ESCAPE)
        self.expect(" NOR ")

    def line(self) -> str:
        """The statusline: mode, file, position."""
        return next((line for line in self.terminal.screen.display if re.match(r"\s*(NOR|INS|SEL)\b", line)), "")

    def is_at(self, file: str, line: int, column: int) -> bool:
        status = self.line()
        return file in status and re.search(rf"\b{line}:{column}\s*$", status) is not None

    def go_to(self, pattern: str, file: pathlib.Path = MODEL) -> None:
        """Puts the cursor on the last letter of the first `pattern` of the file as it is on disk."""
        before, found, _ = file.read_text(encoding="utf-8").partition(pattern)
        assert found, f"{file} does not say {pattern}"
        before += pattern
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n") - 1
        self.terminal.press("gg")
        if not self.terminal.until(lambda: self.is_at(file.name, 1, 1), ANSWER_SECONDS):
            raise AssertionError(f"not at the top:\n{self.terminal.text()}")
        self.terminal.press(f"/{re.escape(pattern)}{ENTER}")
        if not self.terminal.until(lambda: self.is_at(file.name, line, column), ANSWER_SECONDS):
            raise AssertionError(f"not at {pattern} ({line}:{column}):\n{self.terminal.text()}")

    def write_below(self, text: str) -> None:
        """Types a new last line."""
        self.terminal.press("ge")
        self.press("o", " INS ")
        # brackets and quotes are closed by the editor
        self.press(text, text)

    def as_on_disk(self) -> None:
        """The text is again as it is on disk."""
        self.leave()
        self.press(f":reload-all{ENTER}")
        self.expect_gone("[+]")


passed = failed = 0


def step(name: str, run) -> bool:
    global passed, failed
    try:
        run()
    except Exception as problem:  # whatever it is, the step has failed
        failed += 1
        print(f"  FAIL helix: {name}: {problem!r}" if not isinstance(problem, AssertionError) else f"  FAIL helix: {name}: {problem}", flush=True)
        return False
    passed += 1
    print(f"  ok helix: {name}", flush=True)
    return True


def story(helix: Helix) -> None:
    def opens():
        helix.expect("left join order_history", MODEL.name, " NOR ")

    def hover_on_a_ref():
        helix.go_to("('stg_customers")
        helix.press_until(" k", "One row per customer with a loyalty card", "customer_id")
        helix.leave()
        helix.expect_gone("One row per customer with a loyalty card")

    def hover_on_a_column():
        helix.go_to("customers.full_name")
        helix.press(" k", "as printed on the card")
        helix.leave()

    def definition():
        helix.go_to("('stg_customers")
        helix.press("gd", "models/staging/stg_customers.sql", "first_name || ' ' || last_name as full_name")
        helix.press(BACK, MODEL.name, "left join order_history")

    def completion():
        helix.write_below("select * from {{ ref('stg_tic")
        # the menu comes by itself; where an answer was for a moment before, it is asked for
        helix.press_until(COMPLETE, "stg_tickets", "model")
        helix.press(f"{DOWN}{ENTER}", "ref('stg_tickets')")
        helix.as_on_disk()

    def diagnostics():
        helix.write_below("select * from {{ ref('stg_custmers') }}")
        helix.leave()
        helix.press_until(" d", "unknown-model", "no model, seed or snapshot is called `stg_custmers`")
        helix.press(ENTER)
        helix.leave()

    def code_action():
        helix.press_until(" a", "Change to `stg_customers`")
        helix.press(ENTER, "ref('stg_customers') }}")
        helix.as_on_disk()

    def rename():
        helix.go_to("end as customer_segment")
        helix.press(" r", "rename-to:customer_segment")
        helix.press(f"{CLEAR}kind_of_customer{ENTER}", "end as kind_of_customer")
        helix.press(f":open models/marts/_marts.yml{ENTER}", "models/marts/_marts.yml", " NOR ")
        helix.press(f"/name: kind_of_customer{ENTER}", "- name: kind_of_customer")
        helix.press(f":open {MODEL}{ENTER}", "left join order_history")
        helix.as_on_disk()

    def workspace_symbols():
        helix.press(" S")
        helix.press("daily_rev", "daily_revenue")
        helix.press(ENTER, "models/marts/daily_revenue.sql", "from_walk_ins")
        helix.press(BACK, MODEL.name, "left join order_history")

    def commands():
        helix.press(f":lsp-workspace-command{ENTER}", "metasync.sync")
        helix.leave()
        helix.press(f":lsp-workspace-command metasync.sync{ENTER}")
        answered = lambda: '"state":"local"' in helix.log.read_text(encoding="utf-8")
        assert helix.terminal.until(answered, ANSWER_SECONDS), helix.terminal.text()

    def end():
        helix.terminal.press(f":qa!{ENTER}")
        assert helix.terminal.ended(ANSWER_SECONDS) == 0

    if not step("a model opens", opens):
        return
    step("space k on a ref() shows the model", hover_on_a_ref)
    step("space k on a column shows what it means", hover_on_a_column)
    step("gd opens the model", definition)
    step("completion inside ref() offers models", completion)
    step("an unknown model is listed", diagnostics)
    step("space a mends it", code_action)
    step("space r renames a column with its uses", rename)
    step("space S finds a model and opens it", workspace_symbols)
    step(":lsp-workspace-command lists and runs the server's commands", commands)
    step("the editor ends, and the server with it", end)


helix = Helix(sys.argv[1])
try:
    story(helix)
finally:
    helix.terminal.kill()
print(f"{passed} passed, {failed} failed")
sys.exit(0 if failed == 0 else 1)
