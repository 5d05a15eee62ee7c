// The panel's page: nothing from the network, one script by nonce, one style sheet of our own.
import * as vscode from 'vscode';
import { pageWords } from './words';

export function pageHtml(webview: vscode.Webview, resources: vscode.Uri, nonce: string): string {
  const at = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(resources, name)).toString();
  const words = pageWords();
  return `<!DOCTYPE html>
<html lang="${escape(vscode.env.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${at('lineage.css')}">
<title>${escape(words.title)}</title>
</head>
<body data-words="${escape(JSON.stringify(words))}">
<div class="bar" role="toolbar" aria-label="${escape(words.toolbar)}">
${(['out', 'in', 'fit', 'columns', 'export'] as const).map((id) => `<button id="${id}" type="button" title="${escape(words[`${id}Hint`])}">${escape(words[id])}</button>`).join('\n')}
<span id="note" role="status"></span>
</div>
<svg id="graph" role="application" aria-label="${escape(words.title)}" aria-describedby="keys"></svg>
<p id="keys">${escape(words.keys)}</p>
<script nonce="${nonce}" src="${at('lineage.js')}"></script>
</body>
</html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
