// The graph's page: nothing from the network, one script by nonce, one style sheet of our own.
import * as vscode from 'vscode';
import { pageWords } from './words';

/** The toolbar: pictures of 16 × 16, drawn with lines in the colour of the text. */
const BUTTONS = {
  follow: 'M8 2v2M8 12v2M2 8h2M12 8h2M8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6z',
  out: 'M3.5 8h9',
  in: 'M3.5 8h9M8 3.5v9',
  fit: 'M2.5 6v-3.5h3.5M10 2.5h3.5v3.5M13.5 10v3.5h-3.5M6 13.5h-3.5v-3.5',
  columns: 'M2.5 3.5h11M2.5 8h11M2.5 12.5h11M6 3.5v9',
  export: 'M8 2.5v7.5M4.7 7l3.3 3.3l3.3-3.3M3 13.5h10',
} as const;

export function pageHtml(webview: vscode.Webview, resources: vscode.Uri, nonce: string): string {
  const at = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(resources, name)).toString();
  const words = pageWords();
  const button = (id: keyof typeof BUTTONS) => `<button id="${id}" type="button" title="${escape(words[`${id}Hint`])}" aria-label="${escape(words[id])}"${id === 'follow' ? ' aria-pressed="false"' : ''}><svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="${BUTTONS[id]}"></path></svg></button>`;
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
<div class="bar">
<div class="buttons" role="toolbar" aria-label="${escape(words.toolbar)}">
${(Object.keys(BUTTONS) as (keyof typeof BUTTONS)[]).map(button).join('\n')}
</div>
<span id="note" role="status"></span>
<button id="untrace" type="button" class="word" hidden>${escape(words.untrace)}</button>
</div>
<svg id="graph" role="application" aria-label="${escape(words.title)}" aria-describedby="keys"></svg>
<div id="empty" hidden><p id="why" role="alert"></p><button id="search" type="button" class="word">${escape(words.search)}</button></div>
<p id="keys">${escape(words.keys)}</p>
<script nonce="${nonce}" src="${at('lineage.js')}"></script>
</body>
</html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
