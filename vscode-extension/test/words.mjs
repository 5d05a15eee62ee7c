// Every text that people see can be translated: what `l10n.t` is given stands in l10n/bundle.l10n.json,
// and every %key% of the manifest in package.nls.json. `--write` writes the bundle anew.
import { readFileSync, readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..');
const bundle = join(root, 'l10n', 'bundle.l10n.json');
const problems = [];

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
