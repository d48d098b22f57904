/** The two jobs, each loaded when it is first called: converting needs nothing of the contained process that quantizes. */
import type * as convert from './convert-hf.ts';
import type * as quantize from './quantize-gguf.ts';

/** {@inheritDoc convert.convertHf} */
export const convertHf: typeof convert.convertHf = async (...args) =>
  (await import('./convert-hf.ts')).convertHf(...args);

/** {@inheritDoc quantize.quantizeGguf} */
export const quantizeGguf: typeof quantize.quantizeGguf = async (...args) =>
  (await import('./quantize-gguf.ts')).quantizeGguf(...args);
