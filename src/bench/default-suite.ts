/** The suite that comes with the package. */
import { fileURLToPath } from 'node:url';
import { loadSuite, type LoadedSuite } from './load-suite.ts';

/** From the sources and from what was built of them alike: both lie two folders deep. */
export const DEFAULT_SUITE_DIRECTORY = fileURLToPath(new URL('../../samples/suite', import.meta.url));

/** Throws what `loadSuite` does. */
export async function loadDefaultSuite(): Promise<LoadedSuite> {
  return loadSuite(DEFAULT_SUITE_DIRECTORY, { name: 'milton-sample' });
}
