// Writes docs/schemas from the built code: the JSON Schema of each file of a suite.
//   node scripts/write-suite-schemas.mjs
import { mkdirSync, writeFileSync } from 'node:fs';
import { formatJson } from '../dist/core/index.js';
import { suiteJsonSchemas } from '../dist/bench/index.js';

const folder = new URL('../docs/schemas/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, schema] of await suiteJsonSchemas())
  writeFileSync(new URL(name, folder), formatJson(schema));
