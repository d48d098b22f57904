/** Checks that the tokenizer of a model is one: tokenizer.json with a model in it, or a tokenizer.model of a known kind. */
import { escapeText } from '../core/index.ts';
import { HfFailure } from './error.ts';
import type { JsonFacts } from './json-facts.ts';
import type { HfFile, HfFormat } from './types.ts';

/** What was found out about a file while it was judged. */
export interface TokenizerFile {
  readonly file: HfFile;
  /** Null for one that ships only because it was asked for. */
  readonly format: HfFormat | null;
  readonly json: JsonFacts | null;
}

/** `find`: a file at the top, by name. Throws `HF_TOKENIZER_MISSING`, `HF_TOKENIZER_INVALID`. */
export function assertTokenizer(path: string, find: (name: string) => TokenizerFile | undefined): void {
  const json = find('tokenizer.json');
  const model = find('tokenizer.model');
  if (json === undefined && (model === undefined || model.file.sizeBytes === 0)) {
    throw new HfFailure('HF_TOKENIZER_MISSING', `${escapeText(path)} holds no tokenizer.`, {
      details: { path, expected: 'tokenizer.json or tokenizer.model', received: 'neither, or an empty one' },
    });
  }
  if (json !== undefined) assertTokenizerJson(json);
  if (model !== undefined && model.file.sizeBytes > 0) assertTokenizerModel(model);
}

/** huggingface/tokenizers, `TokenizerImpl`: only the model must be there, and every model has a vocabulary. */
function assertTokenizerJson({ file, json }: TokenizerFile): void {
  if (json?.kind !== 'object') throw invalid(file, 'an object', json?.kind ?? 'no JSON');
  if (json.model !== 'object') throw invalid(file, 'an object under "model"', json.model ?? 'no such key');
  if (json.vocabulary !== 'object' && json.vocabulary !== 'array') {
    throw invalid(file, 'a vocabulary under "model"', json.vocabulary ?? 'no "vocab" there');
  }
}

function assertTokenizerModel({ file, format }: TokenizerFile): void {
  if (format === 'sentencepiece' || format === 'tiktoken' || format === 'json') return;
  throw invalid(file, 'a SentencePiece model, or tokens and ranks (tiktoken)', format ?? 'something else');
}

function invalid(file: HfFile, expected: string, received: string): HfFailure {
  return new HfFailure(
    'HF_TOKENIZER_INVALID',
    `${escapeText(file.path)} is no tokenizer: it should hold ${expected}.`,
    { details: { path: file.path, expected, received } },
  );
}
