// A generated dbt project of any size, for what takes time: progress, cancelling, paging.
import fs from 'node:fs';
import path from 'node:path';

const LAYERS = 5;
const COLUMNS = 12;

/** Writes `models` models in layers, each built from two of the layer before, all described. */
export function writeProject(folder, models) {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'dbt_project.yml'), 'name: warehouse\nversion: "1.0.0"\nconfig-version: 2\nprofile: warehouse\nmodel-paths: ["models"]\n');
  const perLayer = Math.ceil(models / LAYERS);
  const names = (layer) => Array.from({ length: perLayer }, (_, i) => `layer${layer}_model_${String(i).padStart(5, '0')}`);
  const columns = Array.from({ length: COLUMNS }, (_, c) => `measure_${c}`);
  for (let layer = 0; layer < LAYERS; layer++) {
    const home = path.join(folder, 'models', `layer${layer}`);
    fs.mkdirSync(home, { recursive: true });
    const below = layer === 0 ? [] : names(layer - 1);
    const described = [];
    names(layer).forEach((name, i) => {
      fs.writeFileSync(path.join(home, `${name}.sql`), layer === 0 ? base(i, columns) : joined(below[i], below[(i * 7 + 1) % below.length], columns));
      described.push(`  - name: ${name}\n    description: Model ${i} of layer ${layer}.\n    columns:\n${columns.map((c) => `      - name: ${c}\n        description: ${c} of model ${i}.\n        data_type: double\n`).join('')}`);
    });
    fs.writeFileSync(path.join(home, 'schema.yml'), `version: 2\n\nmodels:\n${described.join('')}`);
  }
  return { models: perLayer * LAYERS, first: `models/layer1/${names(1)[0]}.sql` };
}

const base = (i, columns) => `select\n    ${i} as id,\n${columns.map((c, n) => `    ${i}.${n} as ${c}`).join(',\n')}\n`;

const joined = (left, right, columns) => `with a as (

    select * from {{ ref('${left}') }}

),

b as (

    select * from {{ ref('${right}') }}

)

select
    a.id,
${columns.map((c, n) => `    ${n % 2 === 0 ? 'a' : 'b'}.${c}`).join(',\n')}
from a
inner join b on a.id = b.id
`;
