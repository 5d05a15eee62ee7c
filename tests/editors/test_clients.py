"""Hovers and commands under the capabilities that several editors send. Run by run.sh, in a copy of the example."""

from __future__ import annotations

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient
from session import MODEL, client, hover, opened, position  # noqa: F401 (the fixture)


@pytest.mark.asyncio
async def test_hover_on_a_ref(client: LanguageClient):
    uri, text = opened(client, MODEL)
    contents = await hover(client, uri, position(text, "stg_customers'", 3), "One row per customer with a loyalty card")
    assert "customer_id" in contents.value
    if client.name in ("plain-text", "bare"):
        assert contents.kind == types.MarkupKind.PlainText
        assert "**" not in contents.value and "`" not in contents.value
    else:
        assert contents.kind == types.MarkupKind.Markdown


@pytest.mark.asyncio
async def test_hover_is_the_same_at_every_letter(client: LanguageClient):
    uri, text = opened(client, MODEL)
    first = await hover(client, uri, position(text, "stg_customers'"), "One row per customer with a loyalty card")
    for delta in range(1, len("stg_customers")):
        assert await hover(client, uri, position(text, "stg_customers'", delta), "") == first


@pytest.mark.asyncio
async def test_nothing_known_is_no_hover(client: LanguageClient):
    uri, text = opened(client, MODEL)
    await hover(client, uri, position(text, "stg_customers'"), "One row per customer")
    nothing = await client.text_document_hover_async(
        types.HoverParams(text_document=types.TextDocumentIdentifier(uri), position=position(text, "with customers", 1))
    )
    assert nothing is None


@pytest.mark.asyncio
async def test_sync_command(client: LanguageClient):
    answer = await client.workspace_execute_command_async(types.ExecuteCommandParams(command="metasync.sync", arguments=[]))
    fields = answer if isinstance(answer, dict) else answer._asdict()
    assert fields["state"] == "local", fields
    assert {"objects", "columns", "deleted", "pages", "duration_ms", "up_to_date"} <= set(fields)
