// A real hub with one organization and one repository, for the journeys in hub mode.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { copyExample, required } from './workbench.mjs';

const START_TIMEOUT_MS = 30_000;
const SECRET = 'a secret of thirty-two bytes or more, for tests only';
/** What the connection and the workspace's git remote have in common. */
const FULL_NAME = 'acme/jaffle_shop';

export class Hub {
  #child;
  #address = '127.0.0.1:0';

  /** Writes the repository and the configuration below `folder`; `start` starts it. */
  constructor(folder) {
    this.folder = folder;
    this.repository = path.join(folder, 'jaffle_shop');
    this.config = path.join(folder, 'hub.toml');
    makeRepository(this.repository);
    fs.writeFileSync(this.config, `
data_dir = ${JSON.stringify(path.join(folder, 'data'))}

[auth]
jwt_secret_env = "METASYNC_JWT_SECRET"

[[organizations]]
id = "11111111-1111-4111-8111-111111111111"
name = "acme"
members = [{ user = "alice", role = "owner" }]

[[organizations.connections]]
type = "github"
name = "jaffle_shop"
full_name = "${FULL_NAME}"
url = ${JSON.stringify(this.repository)}
branch = "main"
`);
  }

  get url() { return `http://${this.#address}`; }

  /** Starts it; the second time at the same address, as a hub that comes back does. */
  async start() {
    this.#child = spawn(required('METASYNC_BIN'), ['hub', '--config', this.config, '--listen', this.#address], {
      env: this.#env(),
      stdio: ['ignore', 'pipe', fs.openSync(path.join(this.folder, 'hub.log'), 'a')],
    });
    const lines = createInterface({ input: this.#child.stdout });
    const [line] = await Promise.race([
      once(lines, 'line'),
      once(this.#child, 'exit').then(() => { throw new Error(`the hub ended: ${this.log()}`); }),
      new Promise((_, reject) => setTimeout(() => reject(new Error(`the hub does not listen: ${this.log()}`)), START_TIMEOUT_MS).unref()),
    ]);
    const address = /^listening on http:\/\/(\S+)$/.exec(line)?.[1];
    if (address === undefined) throw new Error(`the hub's first line is ${JSON.stringify(line)}`);
    this.#address = address;
  }

  async stop() {
    if (this.#child === undefined || this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }

  log() { return fs.existsSync(path.join(this.folder, 'hub.log')) ? fs.readFileSync(path.join(this.folder, 'hub.log'), 'utf8').slice(-2_000) : ''; }

  token(user) {
    const made = spawnSync(required('METASYNC_BIN'), ['token', '--config', this.config, '--user', user, '--ttl', '1h', '--json'], { env: this.#env(), encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`metasync token: ${made.stderr}`);
    return JSON.parse(made.stdout).token;
  }

  /** A user's clone, whose remote has the connection's name. */
  cloneTo(workspace) {
    git(this.folder, 'clone', '--quiet', this.repository, workspace);
    git(workspace, 'remote', 'set-url', 'origin', `https://git.example.com/${FULL_NAME}.git`);
  }

  #env() { return { ...process.env, METASYNC_JWT_SECRET: SECRET }; }
}

function makeRepository(folder) {
  copyExample(folder);
  git(folder, 'init', '--quiet', '--initial-branch=main');
  git(folder, 'add', '.');
  git(folder, '-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '-m', 'The jaffle shop');
}

function git(folder, ...args) {
  const done = spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`git ${args[0]}: ${done.stderr}`);
}
