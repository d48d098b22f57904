/** The version of this package, from the package.json that it was installed with. */
import { readFileSync } from 'node:fs';

export function readPackageVersion(): string {
  // `src/cli` and `dist/cli` lie equally deep.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
