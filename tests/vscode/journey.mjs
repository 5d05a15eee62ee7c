// What a user does, in the page of a real VS Code, with the packaged extension that carries its server.
//   node journey.mjs FOLDER_FOR_SCREENSHOTS [JOURNEY]…      (environment: see run.sh)
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Hands } from './hands.mjs';
import { bigProject } from './journeys/big_project.mjs';
import { conflicts } from './journeys/conflicts.mjs';
import { editing } from './journeys/editing.mjs';
import { hubMode } from './journeys/hub_mode.mjs';
import { hubTrouble } from './journeys/hub_trouble.mjs';
import { lineageGraph } from './journeys/lineage_graph.mjs';
import { lineageView } from './journeys/lineage_view.mjs';
import { localMode } from './journeys/local_mode.mjs';
import { noFolder } from './journeys/no_folder.mjs';
import { serverEnds } from './journeys/server_ends.mjs';
import { serverPath, serverPathBench } from './journeys/server_path.mjs';
import { severalFolders } from './journeys/several_folders.mjs';
import { tour } from './journeys/tour.mjs';
import { untrusted, untrustedBench } from './journeys/untrusted.mjs';
import { views } from './journeys/views.mjs';
import { packageExtension } from './package.mjs';
import { Workbench } from './workbench.mjs';

/** Each with what its workbench is to be like. */
const JOURNEYS = {
  local: [localMode, {}],
  views: [views, {}],
  lineage: [lineageGraph, {}],
  'lineage-view': [lineageView, {}],
  editing: [editing, {}],
  tour: [tour, {}],
  'several-folders': [severalFolders, {}],
  conflicts: [conflicts, {}],
  big: [bigProject, {}],
  hub: [hubMode, {}],
  'no-folder': [noFolder, {}],
  'hub-trouble': [hubTrouble, {}],
  'server-ends': [serverEnds, {}],
  'server-path': [serverPath, serverPathBench],
  untrusted: [untrusted, untrustedBench],
};

// A browser on a busy machine loses a click now and then: a journey that fails begins once more, in a new workbench,
// and both are told. What fails twice has failed.
const MOST_TRIES = 2;

const [folder, ...named] = process.argv.slice(2);
const out = path.resolve(folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'metasync-screenshots-')));
fs.mkdirSync(out, { recursive: true });
const names = named.length > 0 ? named : Object.keys(JOURNEYS);

const vsix = packageExtension();
let passed = 0;
let failed = 0;
for (const name of names) {
  // Each in a workbench of its own: settings, secrets and caches of one must not help another.
  const [journey, options] = JOURNEYS[name] ?? [];
  if (journey === undefined) throw new Error(`no journey is called ${name}; there are: ${Object.keys(JOURNEYS).join(' ')}`);
  for (let tries = 1; ; tries++) {
    const bench = await Workbench.start({ vsix, ...options });
    const hands = new Hands(bench.page, out);
    try {
      await journey(bench, hands);
      passed += hands.passed;
      break;
    } catch (error) {
      console.log(`  ${tries < MOST_TRIES ? 'AGAIN' : 'FAIL'} ${name}: ${error.stack}`);
      await hands.shoot(`failure-${name}`).catch(() => {});
      bench.keepLogs(path.join(out, `failure-${name}`));
      if (tries < MOST_TRIES) continue;
      passed += hands.passed;
      failed += 1;
      break;
    } finally {
      await bench.stop();
    }
  }
}
fs.rmSync(path.dirname(vsix), { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
