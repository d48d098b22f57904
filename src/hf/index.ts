/** `hf`: a Hugging Face model directory: config, tokenizer, safetensors headers, unsafe files. */
export { checkHfDirectory, type CheckHfOptions } from './check-directory.ts';
export { HF_FAILURES, HfFailure, type HfCode } from './error.ts';
export { parseSafetensorsHeader } from './safetensors.ts';
export type { HfFacts, HfFile, HfLeftOut, SafetensorsHeader, SafetensorsTensor } from './types.ts';
