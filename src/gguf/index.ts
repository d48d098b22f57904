/** `gguf`: the format read, checked, described and written. Pure: bytes come in through a source and leave in chunks. */
export { checkGguf, readAndCheckGguf, type CheckGgufOptions } from './check.ts';
export { describeGguf } from './describe.ts';
export { GGUF_FAILURES, GgufFailure, type GgufCode } from './error.ts';
export {
  GGML_TYPES,
  ggmlSizeBytes,
  ggmlTypeOfId,
  REMOVED_GGML_TYPES,
  type GgmlType,
  type GgmlTypeFacts,
} from './ggml-types.ts';
export { fromHalf } from './half.ts';
export { HeaderBudget } from './header-budget.ts';
export { largeSampleModel, type LargeSampleOptions } from './large-sample-model.ts';
export { estimateMemory, type EstimateMemoryOptions } from './memory.ts';
export { metadataCount, metadataNumber, metadataString } from './metadata-values.ts';
export { parseGguf, type ParseGgufOptions } from './parse.ts';
export { GGUF_POLICY_RULES, isGgufPolicyRule, type GgufPolicyRule } from './policy.ts';
export { encodeFloats, ENCODABLE_TYPES, type EncodableType } from './quantize-blocks.ts';
export { sampleModel, type SampleModelOptions } from './sample-model.ts';
export {
  checkModelFiles,
  checkShards,
  findSplit,
  parseShardName,
  shardName,
  type ShardName,
} from './shards.ts';
export type {
  GgufArray,
  GgufBigKind,
  GgufCheck,
  GgufFacts,
  GgufFile,
  GgufList,
  GgufMemoryEstimate,
  GgufMetadataInput,
  GgufMixPart,
  GgufModel,
  GgufNumberKind,
  GgufScalar,
  GgufSink,
  GgufSplit,
  GgufTensor,
  GgufTensorInput,
  GgufValue,
  GgufValueKind,
  NamedGguf,
} from './types.ts';
export { encodeGguf, ggufBytes, ggufSizeBytes, prepareGguf, writeGguf, type GgufEncoding } from './write.ts';
