/** JSON Schema (2020-12) of a policy, for editors and for other programs; the package has it under `docs/schemas`. */
import type { JsonValue } from '../core/index.ts';

export const POLICY_SCHEMA_NAME = 'policy.schema.json';

export async function policyJsonSchema(): Promise<JsonValue> {
  const [{ z }, { policyFile }] = await Promise.all([import('zod'), import('./policy-schema.ts')]);
  // As a person writes it: what has a default may be left out.
  return z.toJSONSchema(policyFile, { io: 'input', target: 'draft-2020-12' }) as JsonValue;
}
