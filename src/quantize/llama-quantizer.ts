/**
 * `llama_model_quantize` of llama.cpp's own library, called through koffi. Only ever in a contained process: the library
 * aborts on what it does not like, and its logger belongs to the whole process.
 */
import koffi from 'koffi';
import { QUANTIZER_BUFFER_BYTES } from './limits.ts';

export interface QuantizerRequest {
  readonly inputPath: string;
  /** Empty in a dry run: nothing is written, and the log tells the type that each tensor would get. */
  readonly outputPath: string;
  /** `llama_ftype`. */
  readonly fileType: number;
  readonly threads: number;
  readonly dryRun: boolean;
}

export interface Quantizer {
  /** What the library returns: 0 is success. Blocks until it is done; `onLog` gets the log in pieces. */
  quantize(request: QuantizerRequest): number;
}

/** The release of llama.cpp whose `llama_model_quantize_params` (llama.h) this is. */
export const QUANTIZER_RELEASE = 'v0.5.0';

/** `llama_model_quantize_default_params()` of that release; what it gives back must be this before anything is called. */
const DEFAULTS = {
  nthread: 0,
  ftype: 7,
  output_tensor_type: 43,
  token_embedding_type: 43,
  allow_requantize: false,
  quantize_output_tensor: true,
  only_copy: false,
  pure: false,
  keep_split: false,
  dry_run: false,
  imatrix: null,
  kv_overrides: null,
  tt_overrides: null,
  prune_layers: null,
  max_buf_size: 8 * 2 ** 30,
};

/** A return value larger than the structure: a later release that added to it writes into the room behind. */
const ROOM_BYTES = 256;

/** Throws where the library cannot be loaded, or is not the one that is known. */
export function openQuantizer(libraryPath: string, onLog: (text: string) => void): Quantizer {
  const library = koffi.load(libraryPath);
  const Params = koffi.struct('llama_model_quantize_params', {
    nthread: 'int32_t',
    ftype: 'int32_t',
    output_tensor_type: 'int32_t',
    token_embedding_type: 'int32_t',
    allow_requantize: 'bool',
    quantize_output_tensor: 'bool',
    only_copy: 'bool',
    pure: 'bool',
    keep_split: 'bool',
    dry_run: 'bool',
    imatrix: 'void *',
    kv_overrides: 'void *',
    tt_overrides: 'void *',
    prune_layers: 'void *',
    max_buf_size: 'size_t',
  });
  assertDefaults(library, Params);
  const quantize = library.func(
    'uint32_t llama_model_quantize(const char *, const char *, llama_model_quantize_params *)',
  );
  const setLog = library.func('void llama_log_set(void *, void *)');
  const Log = koffi.proto('void llama_log_callback(int level, const char *text, void *data)');
  setLog(
    koffi.register((_level: number, text: string | null) => onLog(text ?? ''), koffi.pointer(Log)),
    null,
  );
  return {
    quantize({ inputPath, outputPath, fileType, threads, dryRun }) {
      const params = {
        ...DEFAULTS,
        nthread: threads,
        ftype: fileType,
        dry_run: dryRun,
        max_buf_size: QUANTIZER_BUFFER_BYTES,
      };
      return Number(quantize(inputPath, outputPath, params));
    },
  };
}

function assertDefaults(
  library: ReturnType<typeof koffi.load>,
  params: ReturnType<typeof koffi.struct>,
): void {
  const rest = koffi.array('uint8_t', ROOM_BYTES - koffi.sizeof(params));
  const Room = koffi.struct('milton_room', { params, rest });
  const defaults = library.func('llama_model_quantize_default_params', Room, []) as () => {
    readonly params: object;
    readonly rest: Uint8Array;
  };
  const given = defaults();
  const found = JSON.stringify(given.params);
  const expected = JSON.stringify(DEFAULTS);
  if (found !== expected || given.rest.some((byte) => byte !== 0)) {
    throw new Error(`its default parameters are ${found}, and should be ${expected}`);
  }
}
