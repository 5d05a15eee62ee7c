// A program between editor and server, for what a server says only in situations that are hard to
// bring about: it passes everything on and gives some answers itself. It ends when either side does.
//   node between.mjs ANSWERS.json PROGRAM ARGUMENTS…
// ANSWERS.json: {"commands": {"metasync.conflicts": [before, after], "metasync.resolveConflict": [answer]}};
// the first answers are given until `metasync.resolveConflict` was asked for, the last ones from then on.
// What the commands were asked with is written beside it, to ANSWERS.json.log, one line each.
import { spawn } from 'node:child_process';
import fs from 'node:fs';

const [answers, program, ...args] = process.argv.slice(2);
const { commands } = JSON.parse(fs.readFileSync(answers, 'utf8'));
let resolved = false;
const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
child.stdout.pipe(process.stdout);
child.on('exit', (code) => process.exit(code ?? 1));
process.stdin.on('end', () => child.stdin.end());

let waiting = Buffer.alloc(0);
process.stdin.on('data', (data) => {
  waiting = Buffer.concat([waiting, data]);
  for (;;) {
    const end = waiting.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(waiting.subarray(0, end).toString())?.[1]);
    const whole = waiting.subarray(0, end + 4 + length);
    if (whole.length < end + 4 + length) return;
    waiting = waiting.subarray(whole.length);
    const message = JSON.parse(whole.subarray(end + 4).toString());
    if (!answered(message)) child.stdin.write(whole);
  }
});

function answered({ id, method, params }) {
  const prepared = method === 'workspace/executeCommand' ? commands[params.command] : undefined;
  if (prepared === undefined) return false;
  fs.appendFileSync(`${answers}.log`, `${JSON.stringify([params.command, ...(params.arguments ?? [])])}\n`);
  if (params.command === 'metasync.resolveConflict') resolved = true;
  const result = resolved ? prepared.at(-1) : prepared[0];
  const text = JSON.stringify({ jsonrpc: '2.0', id, result });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  return true;
}
