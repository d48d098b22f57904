// Writes docs/schemas from the built code: the JSON Schema of each file of a suite, and of a policy.
//   node scripts/write-schemas.mjs
import { mkdirSync, writeFileSync } from 'node:fs';
import { suiteJsonSchemas } from '../dist/bench/index.js';
import { formatJson } from '../dist/core/index.js';
import { POLICY_SCHEMA_NAME, policyJsonSchema } from '../dist/trust/index.js';

const folder = new URL('../docs/schemas/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, schema] of [...(await suiteJsonSchemas()), [POLICY_SCHEMA_NAME, await policyJsonSchema()]])
  writeFileSync(new URL(name, folder), formatJson(schema));
