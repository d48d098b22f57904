/**
 * A Hugging Face directory becomes a GGUF in the type that its weights have: tensor by tensor, so that the memory of one
 * piece is enough for a model of any size. Nothing is guessed: what is not known for sure is refused before a byte is written.
 */
import { basename, dirname, resolve } from 'node:path';
import {
  escapeText,
  formatBytes,
  throwIfAborted,
  type JsonObject,
  type OnProgress,
  type Warning,
} from '../core/index.ts';
import { prepareGguf, readAndCheckGguf, type GgufTensorInput, type GgufValue } from '../gguf/index.ts';
import { openHfModel, type HfModel } from '../hf/index.ts';
import {
  makeDirectory,
  openFileSource,
  withFileSource,
  withNewFile,
  type FileSource,
} from '../system/index.ts';
import { readBpeVocabulary, type Vocabulary } from './bpe-tokenizer.ts';
import { ggufMetadata } from './gguf-metadata.ts';
import { readHyperparameters, unsupported, type Hyperparameters } from './hyperparameters.ts';
import { FLOAT_TYPES, matchTensors, type FloatType, type MatchedTensor } from './match-tensors.ts';
import { assertOutputFree, assertRoom, onlyName } from './output-file.ts';
import { ropeFactors } from './rope-factors.ts';
import { specialTokens } from './special-tokens.ts';
import { ggufTypeOf, pieceBuffers, tensorBytes } from './tensor-bytes.ts';
import { writePieces } from './write-pieces.ts';

export interface ConvertHfOptions {
  /** The file to be made; its folder is made too. */
  readonly outPath: string;
  /** `general.name`. Default: the name of the directory. */
  readonly name?: string;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ConvertedModel {
  readonly path: string;
  /** Of most of the weights. */
  readonly type: FloatType;
  readonly sizeBytes: number;
  readonly architecture: string;
  readonly parameterCount: number;
  readonly warnings: readonly Warning[];
}

/** Throws `CONVERT_*`, `QUANTIZE_OUTPUT_EXISTS`, `QUANTIZE_NO_ROOM`, `HF_*`, `GGUF_*`, `SYSTEM_*`, `CORE_*`; nothing is left then. */
export async function convertHf(path: string, options: ConvertHfOptions): Promise<ConvertedModel> {
  const { onProgress, signal } = options;
  const outPath = resolve(options.outPath);
  throwIfAborted(signal);
  await assertOutputFree(outPath);
  const directory = await openHfModel(resolve(path), { signal });
  const model = readHyperparameters((await directory.readObject('config.json')) ?? {});
  const tensors = matchTensors(directory.tensors, model);
  const type = mostOf(tensors);
  const metadata = await readMetadata(directory, {
    model,
    type,
    name: options.name ?? basename(resolve(path)),
  });
  return withSources(tensors, async (sources) => {
    const rope = ropeTensors(model);
    let begun = rope.length;
    const inputs = tensors.map(toInput(sources, () => (begun += 1)));
    const gguf = prepareGguf({ metadata, tensors: [...rope, ...inputs] });
    const { sizeBytes } = gguf;
    await assertRoom(dirname(outPath), sizeBytes);
    await makeDirectory(dirname(outPath));
    onProgress?.({
      kind: 'step',
      step: 'convert',
      message: `Converting ${formatBytes(sizeBytes)} to GGUF in ${type}`,
    });
    await withNewFile(
      { directory: dirname(outPath), name: onlyName(outPath) },
      async (handle, _path, writable) => {
        let doneBytes = 0;
        const onBytes = (written: number): void => {
          doneBytes += written;
          const item = { name: 'tensor', no: begun, count: rope.length + inputs.length };
          onProgress?.({ kind: 'bytes', step: 'convert', doneBytes, totalBytes: sizeBytes, item });
        };
        await writePieces(handle, gguf.pieces(), { onBytes, signal });
        onProgress?.({ kind: 'step', step: 'check', message: 'Checking what was written' });
        // What was written is read as any file of a stranger would be.
        await withFileSource(writable, (source) =>
          readAndCheckGguf(source, signal === undefined ? {} : { signal }),
        );
      },
    );
    const { parameterCount, warnings } = directory.facts;
    return {
      path: outPath,
      type,
      sizeBytes,
      architecture: model.family.architecture,
      parameterCount,
      warnings,
    };
  });
}

function mostOf(tensors: readonly MatchedTensor[]): FloatType {
  const bytesOf = (type: FloatType): number =>
    tensors.reduce((sum, { sourceType, source }) => sum + (sourceType === type ? source.sizeBytes : 0), 0);
  return [...FLOAT_TYPES].toSorted((a, b) => bytesOf(b) - bytesOf(a))[0] ?? 'F32';
}

interface MetadataFacts {
  readonly model: Hyperparameters;
  readonly type: FloatType;
  readonly name: string;
}

async function readMetadata(
  directory: HfModel,
  { model, type, name }: MetadataFacts,
): Promise<ReadonlyMap<string, GgufValue>> {
  const tokenizer = await directory.readObject('tokenizer.json');
  const tokenizerConfig = await directory.readObject('tokenizer_config.json');
  const config = (await directory.readObject('config.json')) ?? {};
  const vocabulary = readVocabulary(tokenizer, model.vocabularySize);
  return ggufMetadata({
    name,
    model,
    type,
    vocabulary,
    specialTokens: specialTokens(vocabulary.ids, { config, tokenizer, tokenizerConfig }),
    chatTemplates: directory.facts.chatTemplates,
  });
}

/** SentencePiece (Llama 2, Mistral 7B) cuts in another way, which is not written down here yet. */
function readVocabulary(tokenizer: JsonObject | null, size: number): Vocabulary {
  if (tokenizer !== null) return readBpeVocabulary(tokenizer, size);
  throw unsupported('its tokenizer is a SentencePiece model (tokenizer.model)', {
    expected: 'a byte-level BPE in tokenizer.json',
    received: 'no tokenizer.json',
  });
}

function ropeTensors(model: Hyperparameters): readonly GgufTensorInput[] {
  const factors = ropeFactors(model);
  if (factors === null) return [];
  const data = new Uint8Array(factors.buffer);
  return [{ name: 'rope_freqs.weight', dims: [factors.length], type: 'F32', data }];
}

/** `ne` of ggml has the row length first, transformers last. */
function toInput(
  sources: ReadonlyMap<string, FileSource>,
  onBegin: () => void,
): (tensor: MatchedTensor) => GgufTensorInput {
  const buffers = pieceBuffers();
  return (tensor) => {
    const file = sources.get(tensor.source.filePath);
    if (file === undefined) throw new Error(`${escapeText(tensor.source.filePath)} was not opened.`);
    return {
      name: tensor.ggufName,
      dims: tensor.shape.toReversed(),
      type: ggufTypeOf(tensor),
      data() {
        onBegin();
        return tensorBytes(tensor, file, buffers);
      },
    };
  };
}

async function withSources<T>(
  tensors: readonly MatchedTensor[],
  use: (sources: ReadonlyMap<string, FileSource>) => Promise<T>,
): Promise<T> {
  const sources = new Map<string, FileSource>();
  try {
    for (const path of new Set(tensors.map(({ source }) => source.filePath))) {
      sources.set(path, await openFileSource(path));
    }
    return await use(sources);
  } finally {
    await Promise.all([...sources.values()].map((source) => source.close()));
  }
}
