/** What a model directory holds of its tokenizer, read once. */
import { isJsonObject, type JsonObject } from '../core/index.ts';
import type { HfModel, SentencePieceModel } from '../hf/index.ts';
import { invalid, readAddedTokens, show, toId, type AddedToken } from './vocabulary.ts';

export interface TokenizerFiles {
  readonly config: JsonObject;
  readonly tokenizer: JsonObject | null;
  readonly tokenizerConfig: JsonObject | null;
  /** `added_tokens.json`: texts and their numbers. */
  readonly addedTokens: JsonObject | null;
  /** `tokenizer.model`, where it is one. */
  readonly sentencePiece: SentencePieceModel | null;
}

/** Throws `HF_*`, `CORE_JSON_*`. */
export async function readTokenizerFiles(directory: HfModel): Promise<TokenizerFiles> {
  return {
    config: (await directory.readObject('config.json')) ?? {},
    tokenizer: await directory.readObject('tokenizer.json'),
    tokenizerConfig: await directory.readObject('tokenizer_config.json'),
    addedTokens: await directory.readObject('added_tokens.json'),
    sentencePiece: await directory.readSentencePiece(),
  };
}

/**
 * Tokens that were added to a vocabulary, from every file that tells of them, by number. Throws `CONVERT_CONFIG_INVALID`
 * where two files give one number to two texts.
 */
export function collectAddedTokens(files: TokenizerFiles): readonly AddedToken[] {
  const byId = new Map<number, AddedToken>();
  const found = [
    ...(files.tokenizer === null ? [] : readAddedTokens(files.tokenizer)),
    ...readDecoder(files.tokenizerConfig),
    ...Object.entries(files.addedTokens ?? {}).map(([text, id]) => ({
      id: toId(id),
      text,
      isSpecial: false,
    })),
  ];
  for (const token of found) {
    const known = byId.get(token.id);
    if (known !== undefined && known.text !== token.text) {
      throw invalid(`one text for token ${token.id}`, `${show(known.text)} and ${show(token.text)}`);
    }
    if (known === undefined) byId.set(token.id, token);
  }
  return [...byId.values()].toSorted((a, b) => a.id - b.id);
}

/** `added_tokens_decoder` of tokenizer_config.json. */
function readDecoder(config: JsonObject | null): readonly AddedToken[] {
  const decoder = config?.['added_tokens_decoder'];
  if (!isJsonObject(decoder)) return [];
  return Object.entries(decoder).map(([id, token]) => {
    const text = isJsonObject(token) ? token['content'] : undefined;
    if (!isJsonObject(token) || typeof text !== 'string')
      throw invalid('text for every added token', show(token));
    return { id: toId(/^\d{1,9}$/.test(id) ? Number(id) : id), text, isSpecial: token['special'] === true };
  });
}
