/** Finds out of which kind a tokenizer is, and reads it as that. Pure. */
import { readBpeVocabulary } from './bpe-tokenizer.ts';
import { unsupported } from './hyperparameters.ts';
import { isSentencePieceDefinition } from './sentencepiece-definition.ts';
import { readSentencePieceVocabulary } from './sentencepiece-tokenizer.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';
import type { Vocabulary } from './vocabulary.ts';

/** tokenizer.json decides where it is there. Throws `CONVERT_UNSUPPORTED`, `CONVERT_CONFIG_INVALID`. */
export function readVocabulary(files: TokenizerFiles, size: number): Vocabulary {
  const { tokenizer, sentencePiece } = files;
  if (tokenizer === null && sentencePiece === null) {
    throw unsupported('its tokenizer.model is no SentencePiece model', {
      expected: 'tokenizer.json, or a SentencePiece model',
      received: 'neither',
    });
  }
  if (tokenizer === null || isSentencePieceDefinition(tokenizer))
    return readSentencePieceVocabulary(files, size);
  return readBpeVocabulary(tokenizer, size);
}
