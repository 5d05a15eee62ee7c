// Every text that people see can be translated: what `l10n.t` is given stands in l10n/bundle.l10n.json,
// and every %key% of the manifest in package.nls.json. `--write` writes the bundle anew.
import { readFileSync, readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..');
const bundle = join(root, 'l10n', 'bundle.l10n.json');
const problems = [];

/** What is shown under these names. */
const SHOWN = new Set(['title', 'label', 'description', 'detail', 'placeHolder', 'placeholder', 'prompt', 'tooltip', 'message', 'name', 'accessibilityInformation', 'text', 'badge', 'value']);
/** What is given to these is shown. */
const SHOWING = /(?:^|\.)(?:show(?:Information|Warning|Error)Message|setStatusBarMessage|Error|ServerNotFound|TreeItem|FileDecoration)$/;
/** Left as they are: names of things, and messages between the parts. */
const NAMES = /^(?:metasync|Metadata)$/;

/** Whether a text has words in it that somebody should translate. */
function hasWords(text) {
  const words = text.replace(/\$\([\w~-]+\)/g, '').trim();
  return /\p{L}{3}/u.test(words) && !NAMES.test(words) && !/^[\w.:/-]+$/.test(words);
}

/** Texts that people would see and that nobody could translate. */
function bareWordsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  const bare = [];
  const text = (node) => {
    if (ts.isStringLiteralLike(node)) return node.text;
    if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join(' ');
    return '';
  };
  const look = (node) => { if (node !== undefined && hasWords(text(node))) bare.push(`${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}: ${node.getText(source)}`); };
  const visit = (node) => {
    if (ts.isPropertyAssignment(node) && SHOWN.has(node.name.getText(source))) look(node.initializer);
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken && ts.isPropertyAccessExpression(node.left) && SHOWN.has(node.left.name.text)) look(node.right);
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && SHOWING.test(node.expression.getText(source))) node.arguments?.forEach(look);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return bare;
}

/** Texts given to `l10n.t` in a source file; anything but a literal could not be found by translators. */
function wordsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  const words = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && /^(vscode\.)?l10n\.t$/.test(node.expression.getText(source))) {
      const [text] = node.arguments;
      if (text !== undefined && ts.isStringLiteralLike(text)) words.push(text.text);
      else problems.push(`${file}: l10n.t is given something else than a text: ${node.getText(source)}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return words;
}

const files = readdirSync(join(root, 'src'), { recursive: true }).filter((name) => name.endsWith('.ts')).map((name) => join(root, 'src', name));
for (const file of files) for (const bare of bareWordsOf(file)) problems.push(`${file}:${bare} is shown but can't be translated: give it to l10n.t`);
const words = [...new Set(files.flatMap(wordsOf))].sort();
const wanted = `${JSON.stringify(Object.fromEntries(words.map((word) => [word, word])), null, 2)}\n`;
if (process.argv.includes('--write')) {
  mkdirSync(join(root, 'l10n'), { recursive: true });
  writeFileSync(bundle, wanted);
} else if (readFileSync(bundle, 'utf8') !== wanted) {
  problems.push('l10n/bundle.l10n.json is stale: npm run words');
}

const manifest = readFileSync(join(root, 'package.json'), 'utf8');
const known = JSON.parse(readFileSync(join(root, 'package.nls.json'), 'utf8'));
const used = new Set([...manifest.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key));
for (const key of used) if (!(key in known)) problems.push(`package.json uses %${key}%, which package.nls.json lacks`);
for (const key of Object.keys(known)) if (!used.has(key)) problems.push(`package.nls.json has ${key}, which package.json does not use`);

for (const problem of problems) console.error(problem);
console.log(`words: ${words.length} in the code, ${used.size} in the manifest, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
