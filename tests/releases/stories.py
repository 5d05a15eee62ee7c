"""Three ways to follow a sync of a release (seed 000): curl, Python with requests, EventSource in a browser.

Run by run.sh. Each story has a release of its own on one hub; the last line is `N passed, N failed`.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import requests

HERE = pathlib.Path(__file__).parent
PIN = "4711-of-the-stories"
RELEASES = ["7.0.0.0", "8.0.0.0", "9.0.0.0", "no branch"]
TEST = 'def test_{n}():\n    """Number {n}."""\n    assert True\n'
LINES = [
    "Starting metadata sync for release: {release}", "Git branch: main", "Acquiring Git lock for branch 'main'",
    "Pulling latest changes from branch 'main'", "Discovered 5 tests (0 files failed)",
    "Comparing with existing metadata", "Applying updates: 5 new, 0 updated, 0 removed", "Added 5/5 new tests",
    "Updated 0/0 tests", "Removed 0/0 tests", "=== Sync Complete ===", "Tests discovered: 5", "Tests added: 5",
    "Tests updated: 0", "Tests removed: 0", "Files failed to parse: 0", "Sync completed successfully for {release}",
]
COMPLETE = {"status": "completed", "success": True, "error": None}


def lines(release: str) -> list[str]:
    return [line.format(release=release) for line in LINES]


class Operator:
    """An operator's client."""

    def __init__(self, base: str, pin: str):
        self.base, self.headers = f"{base}/metadata-sync", {"X-Admin-PIN": pin}

    def trigger(self, release: int) -> str:
        answer = requests.post(f"{self.base}/trigger/{release}", headers=self.headers, timeout=60)
        answer.raise_for_status()
        return answer.json()["job_id"]

    def follow(self, job: str) -> Iterator[tuple[str, dict]]:
        """Events as they come."""
        with requests.get(f"{self.base}/progress/{job}", headers=self.headers, stream=True, timeout=60) as answer:
            answer.raise_for_status()
            name = ""
            for line in answer.iter_lines():
                text = line.decode("utf-8")
                if text.startswith("event: "):
                    name = text.removeprefix("event: ")
                elif text.startswith("data: "):
                    yield name, json.loads(text.removeprefix("data: "))

    def status(self) -> dict:
        answer = requests.get(f"{self.base}/status", headers=self.headers, timeout=60)
        answer.raise_for_status()
        return answer.json()


def git(folder: pathlib.Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def start(work: pathlib.Path) -> tuple[subprocess.Popen, str]:
    suite = work / "suite"
    (suite / "tests").mkdir(parents=True)
    for n in range(5):
        (suite / f"tests/test_{n}.py").write_text(TEST.format(n=n))
    git(suite, "init", "-q", "-b", "main")
    git(suite, "add", "-A")
    git(suite, "commit", "-q", "-m", "tests")
    releases = "".join(
        f'[[organizations.releases]]\nname = "{name}"\n' + ('git_branch = "main"\n' if name[0].isdigit() else "")
        for name in RELEASES
    )
    (work / "hub.toml").write_text(
        '[auth]\nadmin_pin_env = "STORY_PIN"\n[metadata_sync]\ntest_discovery_base_path = "tests"\n'
        '[[organizations]]\nid = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"\nname = "acme"\n' + releases
    )
    environment = {**os.environ, "STORY_PIN": PIN, "GIT_REPO_URL": str(suite), "HOME": str(work)}
    command = [os.environ["METASYNC_BIN"], "hub", "--config", str(work / "hub.toml"), "--listen", "127.0.0.1:0"]
    hub = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert hub.stdout is not None
    address = hub.stdout.readline().strip().removeprefix("listening on ")
    return hub, address


def with_curl(address: str) -> None:
    command = ["bash", str(HERE / "workflow.sh"), f"{address}/api/v1/admin", PIN, "1"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert told.returncode == 0, told
    heard = [json.loads(line[6:])["message"] for line in told.stdout.splitlines() if line.startswith("data: {\"message\"")]
    assert heard == lines(RELEASES[0]), told.stdout
    assert f"event: complete\ndata: {json.dumps(COMPLETE, separators=(',', ':'))}\n" in told.stdout, told.stdout
    last, status, message, refused = told.stdout.splitlines()[-4:]
    row = json.loads(last)
    assert (row["id"], row["status"], row["sync_type"], row["tests_added"], row["error_message"]) == (1, "success", "manual", 5, None), row
    assert (status, message) == ("success", "Configuration updated successfully"), told.stdout
    assert refused == "without a PIN: 401", refused


def with_python(address: str) -> None:
    operator = Operator(f"{address}/api/v1/admin", PIN)
    job = operator.trigger(2)
    events = list(operator.follow(job))
    assert events[0] == ("connected", {"job_id": job, "message": "Connected to sync progress stream"}), events[0]
    assert [data["message"] for name, data in events if name == "log"] == lines(RELEASES[1]), events
    assert events[-1] == ("complete", COMPLETE), events[-1]
    status = operator.status()
    assert status["last_sync"]["status"] == "success" and status["last_sync"]["tests_discovered"] == 5, status
    for release, code, detail in [(999, 404, "Release 999 not found"), (4, 400, "Release no branch has no git_branch configured")]:
        answer = requests.post(f"{operator.base}/trigger/{release}", headers=operator.headers, timeout=60)
        assert (answer.status_code, answer.json()["detail"]) == (code, detail), answer.text
    wrong = requests.get(f"{operator.base}/status", headers={"X-Admin-PIN": "0000"}, timeout=60)
    assert wrong.status_code == 403, wrong.text


def in_a_browser(address: str) -> None:
    told = subprocess.run(["node", str(HERE / "browser.mjs"), address, PIN, "3"], capture_output=True, text=True, timeout=120)
    assert told.returncode == 0, told
    heard = json.loads(told.stdout)
    first = heard["first"]
    assert first[0] == ["connected", {"job_id": heard["job"], "message": "Connected to sync progress stream"}], first[0]
    assert [data["message"] for name, data in first if name == "log"] == lines(RELEASES[2]), first
    assert first[-1] == ["complete", COMPLETE], first[-1]
    assert heard["again"] == [["error", None]], "a ticket is good once"


def main() -> int:
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="metasync-releases-") as folder:
        hub, address = start(pathlib.Path(folder))
        try:
            for story in [with_curl, with_python, in_a_browser]:
                try:
                    story(address)
                except Exception as error:  # a story that breaks is one that fails
                    failed += 1
                    print(f"  FAIL {story.__name__}: {error}")
                else:
                    passed += 1
                    print(f"  ok   {story.__name__}")
        finally:
            hub.terminate()
            hub.wait(timeout=30)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
