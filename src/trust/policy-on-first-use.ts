/** What loads a schema library, loaded when there is a policy to be read. */
import type * as parse from './policy-parse.ts';

/** {@inheritDoc parse.parsePolicy} */
export const parsePolicy: typeof parse.parsePolicy = async (bytes, options) =>
  (await import('./policy-parse.ts')).parsePolicy(bytes, options);
