/** The tokenizer of a model that was loaded without its weights. */
import type { LlamaModel, Token } from 'node-llama-cpp';

import type { TokenizerReply } from './llama-cpp-protocol.ts';

export function describeTokenizer(model: LlamaModel): TokenizerReply {
  const { bos, eos, shouldPrependBosToken, shouldAppendEosToken } = model.tokens;
  return {
    vocabularySize: model.fileInfo.metadata.tokenizer?.ggml?.tokens?.length ?? 0,
    beginning: bos !== null && shouldPrependBosToken ? [bos] : [],
    ending: eos !== null && shouldAppendEosToken ? [eos] : [],
  };
}

export function tokenizeAll(
  model: LlamaModel,
  { texts, readsSpecial }: { readonly texts: readonly string[]; readonly readsSpecial: boolean },
): readonly (readonly Token[])[] {
  return texts.map((text) => model.tokenize(text, readsSpecial));
}
