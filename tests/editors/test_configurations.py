"""The configuration files that editors/ offers: they can be read, and start what they should."""

import json
import pathlib
import tomllib

EDITORS = pathlib.Path(__file__).parents[2] / "editors"


def test_helix():
    configuration = tomllib.loads((EDITORS / "helix" / "languages.toml").read_text(encoding="utf-8"))
    server = configuration["language-server"]["metasync"]
    assert [server["command"], *server["args"]] == ["metasync", "lsp"]
    assert {each["name"] for each in configuration["language"] if "metasync" in each["language-servers"]} == {"sql", "yaml"}


def test_kate():
    servers = json.loads((EDITORS / "kate" / "settings.json").read_text(encoding="utf-8"))["servers"]
    assert {name: server["command"] for name, server in servers.items()} == {
        "sql": ["metasync", "lsp"],
        "yaml": ["metasync", "lsp"],
    }
