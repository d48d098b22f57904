/** `hf`: a Hugging Face model directory: config, tokenizer, safetensors headers, what may ship and what may not. */
export { checkHfDirectory, type CheckHfOptions } from './check-directory.ts';
export { HF_FAILURES, HfFailure, type HfCode } from './error.ts';
export { openHfModel, type HfModel, type HfTensor } from './open-model.ts';
export { parseSafetensorsHeader } from './safetensors.ts';
export {
  parseSentencePiece,
  type SentencePiece,
  type SentencePieceModel,
  type SentencePieceType,
} from './sentencepiece-model.ts';
export type {
  HfChatTemplate,
  HfFacts,
  HfFile,
  HfLeftOut,
  HfUnsafeClass,
  HfUnsafeFile,
  SafetensorsHeader,
  SafetensorsTensor,
} from './types.ts';
