/** JSON Schema (2020-12) of the files of a suite, for editors and for other programs; the package has them under `docs/schemas`. */
import type { JsonValue } from '../core/index.ts';

/** The document of each file, named as in the package: `suite-speed.schema.json`. */
export async function suiteJsonSchemas(): Promise<ReadonlyMap<string, JsonValue>> {
  const [{ z }, { SUITE_SCHEMAS }] = await Promise.all([import('zod'), import('./suite-schema.ts')]);
  return new Map(
    Object.entries(SUITE_SCHEMAS).map(([part, schema]) => [
      `suite-${part}.schema.json`,
      // As a person writes it: what has a default may be left out.
      z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' }) as JsonValue,
    ]),
  );
}
