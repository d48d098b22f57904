/** What a quantization is called and where it is put. Pure. */
import { basename, dirname, extname, join } from 'node:path';
import { QUANTIZATION_TYPES, type QuantizationType } from '../quantize/index.ts';
import type { StateDirectory } from '../system/index.ts';

export interface QuantizationPlaces {
  /** One for each type, in their order. */
  readonly paths: readonly string[];
  /** Of the GGUF in the type of the weights, where it is kept. */
  readonly intermediate: string;
}

/** `outDir`: null for a folder for each number of bits in the state directory. */
export function quantizationPlaces(
  source: string,
  types: readonly QuantizationType[],
  { outDir, state }: { readonly outDir: string | null; readonly state: StateDirectory },
): QuantizationPlaces {
  const name = basename(source, extname(source) === '.gguf' ? '.gguf' : '');
  const folderOf = (type: QuantizationType): string =>
    join(dirname(state.registryFile), 'quantized', `quantized_${name}_${QUANTIZATION_TYPES[type].bits}bit`);
  const paths = types.map((type) => join(outDir ?? folderOf(type), `model-${type.toLowerCase()}.gguf`));
  // Beside what comes of it, so that one disk has to have the room.
  return { paths, intermediate: join(dirname(paths[0] ?? ''), `intermediate-${name}.gguf`) };
}
