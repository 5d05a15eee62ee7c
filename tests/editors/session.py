"""A server and a client with the capabilities that several editors send.

pytest-lsp knows what VS Code, Neovim and Emacs tell a server about themselves; the last client here
tells nothing at all, as an old or home-made one might. Run by run.sh, in a copy of the example.
"""

from __future__ import annotations

import asyncio
import os
import pathlib
import time

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

BINARY = os.environ["METASYNC_BIN"]
WORKSPACE = pathlib.Path.cwd()
READY_SECONDS = 60

#: Editors with markdown, one that offers plain text only, and one that says nothing.
CLIENTS = ["visual-studio-code", "neovim", "emacs", "plain-text", "bare"]
MODEL = "models/marts/customers.sql"


def capabilities(client: str) -> types.ClientCapabilities:
    match client:
        case "bare":
            return types.ClientCapabilities()
        case "plain-text":
            hover = types.HoverClientCapabilities(content_format=[types.MarkupKind.PlainText])
            return types.ClientCapabilities(text_document=types.TextDocumentClientCapabilities(hover=hover))
        case _:
            return client_capabilities(client)


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[BINARY, "lsp"]), params=CLIENTS)
async def client(request, lsp_client: LanguageClient):
    lsp_client.name = request.param

    # What pytest-lsp does not answer by itself: registrations, which these editors offer, and our own.
    @lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def on_register(params: types.RegistrationParams) -> None:
        assert params.registrations

    # VS Code offers to ask again for what is shown around the text.
    for refresh in (types.WORKSPACE_INLAY_HINT_REFRESH, types.WORKSPACE_CODE_LENS_REFRESH, types.WORKSPACE_SEMANTIC_TOKENS_REFRESH):
        lsp_client.feature(refresh)(lambda *_: None)

    @lsp_client.feature("metasync/status")
    def on_status(_params) -> None:
        pass

    @lsp_client.feature("metasync/changed")
    def on_changed(_params) -> None:
        pass

    lsp_client.server = await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities(request.param),
            root_uri=WORKSPACE.as_uri(),
            workspace_folders=[types.WorkspaceFolder(uri=WORKSPACE.as_uri(), name=WORKSPACE.name)],
        )
    )
    yield
    await lsp_client.shutdown_session()


def opened(client: LanguageClient, relative: str) -> tuple[str, str]:
    path = WORKSPACE / relative
    text = path.read_text(encoding="utf-8")
    item = types.TextDocumentItem(uri=path.as_uri(), language_id="sql", version=1, text=text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    return item.uri, text


def position(text: str, needle: str, delta: int = 0) -> types.Position:
    before = text[: text.index(needle) + delta]
    return types.Position(line=before.count("\n"), character=len(before) - before.rfind("\n") - 1)


async def hover(client: LanguageClient, uri: str, at: types.Position, expected: str) -> types.MarkupContent:
    """Asks until the hover says what is expected; the server indexes meanwhile."""
    deadline = time.monotonic() + READY_SECONDS
    shown = None
    while time.monotonic() < deadline:
        shown = await client.text_document_hover_async(
            types.HoverParams(text_document=types.TextDocumentIdentifier(uri), position=at)
        )
        if shown is not None and expected in shown.contents.value:
            return shown.contents
        await asyncio.sleep(0.1)
    pytest.fail(f"no hover says {expected!r}; the last one: {shown}")
