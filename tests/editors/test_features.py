"""Each feature under the capabilities that several editors send: it answers, and in no form that the editor did not
offer to understand. That answers have the protocol's types is what lsprotocol checks when it reads them.
"""

from __future__ import annotations

import asyncio
import pathlib
import time

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient
from session import READY_SECONDS, WORKSPACE, capabilities, client, hover, opened, position  # noqa: F401

MODEL = "models/marts/customers.sql"
#: What is typed into it, and not saved.
TYPED = """with o as (select * from {{ ref('orders') }})
select o.order_id, o.statuss, {{ cents_to_euros('o.order_total') }} as total from o join {{ ref('customers') }} c
"""


def offered(client: LanguageClient, path: str) -> object:
    """A member of the capabilities, such as `text_document.rename.prepare_support`; None where it is left out."""
    value: object = capabilities(client.name)
    for part in path.split("."):
        value = getattr(value, part, None)
    return value


async def write(client: LanguageClient) -> types.TextDocumentIdentifier:
    """Opens the model and types over it."""
    uri, text = opened(client, MODEL)
    await hover(client, uri, position(text, "stg_customers'", 3), "One row per customer")
    whole = types.TextDocumentContentChangeWholeDocument(text=TYPED)
    client.text_document_did_change(types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(2, uri), [whole]))
    return types.TextDocumentIdentifier(uri)


def at(needle: str, delta: int = 1) -> types.Position:
    return position(TYPED, needle, delta)


@pytest.mark.asyncio
async def test_positions_are_counted_as_the_editor_offers(client: LanguageClient):
    chosen = client.server.capabilities.position_encoding or types.PositionEncodingKind.Utf16
    assert chosen in (offered(client, "general.position_encodings") or [types.PositionEncodingKind.Utf16])


@pytest.mark.asyncio
async def test_definition(client: LanguageClient):
    typed = await write(client)
    found = await client.text_document_definition_async(types.DefinitionParams(typed, at("orders')")))
    links = [one for one in found if isinstance(one, types.LocationLink)] if isinstance(found, list) else []
    assert found and (not links or offered(client, "text_document.definition.link_support"))
    targets = [getattr(one, "uri", None) or one.target_uri for one in (found if isinstance(found, list) else [found])]
    assert [pathlib.PurePath(target).name for target in targets] == ["orders.sql"]


@pytest.mark.asyncio
async def test_references_and_highlights(client: LanguageClient):
    typed = await write(client)
    context = types.ReferenceContext(include_declaration=True)
    found = await client.text_document_references_async(types.ReferenceParams(context, typed, at("orders')")))
    assert any(place.uri == typed.uri for place in found) and len(found) > 2
    marks = await client.text_document_document_highlight_async(types.DocumentHighlightParams(typed, at("o.order_id", 0)))
    assert marks


@pytest.mark.asyncio
async def test_symbols(client: LanguageClient):
    typed = await write(client)
    tree = await client.text_document_document_symbol_async(types.DocumentSymbolParams(typed))
    is_tree = bool(offered(client, "text_document.document_symbol.hierarchical_document_symbol_support"))
    assert tree and all(isinstance(one, types.DocumentSymbol) == is_tree for one in tree)
    found = await client.workspace_symbol_async(types.WorkspaceSymbolParams(query="stg_ord"))
    assert "stg_orders" in [one.name for one in found]
    resolved = offered(client, "workspace.symbol.resolve_support")
    assert resolved or all(hasattr(one.location, "range") for one in found)


@pytest.mark.asyncio
async def test_completion(client: LanguageClient):
    typed = await write(client)
    answer = await client.text_document_completion_async(types.CompletionParams(typed, at("o.order_id", 2)))
    items = answer.items if isinstance(answer, types.CompletionList) else answer
    assert {"order_id", "status"} <= {item.label for item in items}
    formats = offered(client, "text_document.completion.completion_item.documentation_format") or []
    for item in items:
        snippets = offered(client, "text_document.completion.completion_item.snippet_support")
        assert snippets or item.insert_text_format in (None, types.InsertTextFormat.PlainText)
        if isinstance(item.documentation, types.MarkupContent):
            assert item.documentation.kind in formats or item.documentation.kind == types.MarkupKind.PlainText


@pytest.mark.asyncio
async def test_signature(client: LanguageClient):
    typed = await write(client)
    found = await client.text_document_signature_help_async(types.SignatureHelpParams(typed, at("cents_to_euros('", 16)))
    [signature] = found.signatures
    assert "cents_to_euros" in signature.label
    by_offset = [one for one in signature.parameters if not isinstance(one.label, str)]
    offsets = offered(client, "text_document.signature_help.signature_information.parameter_information.label_offset_support")
    assert not by_offset or offsets


@pytest.mark.asyncio
async def test_rename(client: LanguageClient):
    typed = await write(client)
    edit = await client.text_document_rename_async(types.RenameParams(new_name="ordered", text_document=typed, position=at("o as", 0)))
    assert edit.document_changes is None or offered(client, "workspace.workspace_edit.document_changes")
    edits = [one for change in edit.document_changes or [] for one in change.edits] + [
        one for changes in (edit.changes or {}).values() for one in changes
    ]
    assert len(edits) >= 2 and all("ordered" in one.new_text for one in edits)


@pytest.mark.asyncio
async def test_problems_and_what_mends_them(client: LanguageClient):
    typed = await write(client)
    deadline = time.monotonic() + READY_SECONDS
    told = []
    while not told and time.monotonic() < deadline:
        told = [one for one in client.diagnostics.get(typed.uri, []) if one.code == "unknown-column"]
        await asyncio.sleep(0.05)
    [problem] = told
    context = types.CodeActionContext(diagnostics=[problem])
    actions = await client.text_document_code_action_async(types.CodeActionParams(typed, problem.range, context))
    # whoever says nothing of literals gets them all the same: an edit can't be a command there
    assert "status" in actions[0].title and actions[0].kind == types.CodeActionKind.QuickFix
    edit = actions[0].edit
    assert edit.document_changes is None or offered(client, "workspace.workspace_edit.document_changes")


@pytest.mark.asyncio
async def test_what_is_shown_around_the_text(client: LanguageClient):
    typed = await write(client)
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(typed))
    assert lenses and all(lens.command for lens in lenses)
    links = await client.text_document_document_link_async(types.DocumentLinkParams(typed))
    assert links and all(link.target for link in links)
    everything = types.Range(types.Position(0, 0), types.Position(9, 0))
    await client.text_document_inlay_hint_async(types.InlayHintParams(typed, everything))
    folds = await client.text_document_folding_range_async(types.FoldingRangeParams(typed))
    assert folds is None or all(fold.start_line < fold.end_line for fold in folds)
    tokens = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(typed))
    assert tokens.data and len(tokens.data) % 5 == 0


@pytest.mark.asyncio
async def test_lineage_as_calls(client: LanguageClient):
    typed = await write(client)
    [item] = await client.text_document_prepare_call_hierarchy_async(types.CallHierarchyPrepareParams(typed, at("orders')")))
    built_from = await client.call_hierarchy_outgoing_calls_async(types.CallHierarchyOutgoingCallsParams(item))
    used_by = await client.call_hierarchy_incoming_calls_async(types.CallHierarchyIncomingCallsParams(item))
    assert "stg_orders" in [call.to.name for call in built_from]
    assert "customers" in [call.from_.name for call in used_by]
