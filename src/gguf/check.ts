/**
 * Decides whether a parsed file is a model that llama.cpp can load: every rule has its own code, names the byte offset,
 * and cites the specification or the reader that refuses the file. The rest is policy and can be waived.
 */
import { escapeText, type ByteSource, type JsonObject, type Warning } from '../core/index.ts';
import { KNOWN_ARCHITECTURES } from './architectures.ts';
import { checkHyperparameters } from './check-hyperparameters.ts';
import { checkLayout } from './check-layout.ts';
import { checkSplitKeys, isLaterShard, readSplit } from './check-split.ts';
import { checkTensorType } from './check-tensor-types.ts';
import { checkVocabulary } from './check-vocabulary.ts';
import { GgufFailure, type GgufCode } from './error.ts';
import { GGML_TYPES, REMOVED_GGML_TYPES } from './ggml-types.ts';
import { MAX_ACCEPTED_NAME_BYTES } from './limits.ts';
import { metadataNumber } from './metadata-values.ts';
import { parseGguf, type ParseGgufOptions } from './parse.ts';
import { Policy, type GgufPolicyRule } from './policy.ts';
import type { GgufCheck, GgufFile, GgufTensor } from './types.ts';

export interface CheckGgufOptions {
  /** Policy rules that this file may break; those it does break come back as `waived`. */
  readonly allow?: readonly GgufPolicyRule[];
}

/** Throws the `GgufFailure` of the first rule that is broken, with `offset` in its details. */
export function checkGguf(file: GgufFile, options: CheckGgufOptions = {}): GgufCheck {
  const policy = new Policy(options.allow ?? []);
  const warnings: Warning[] = [];
  checkMetadata(file, warnings);
  checkHyperparameters(file);
  checkVocabulary(file);
  checkSplitKeys(file);
  checkTensors(file, policy);
  checkLayout(file, policy);
  if (file.tensors.length === 0 && readSplit(file) === null) {
    policy.violated('no-tensors', `${escapeText(file.name)} holds no tensors: it is no model that can run.`, {
      offset: 8,
      expected: 'at least one tensor',
      received: 0,
    });
  }
  return { warnings, waived: policy.waived };
}

/** {@link parseGguf} and {@link checkGguf} in one step. */
export async function readAndCheckGguf(
  source: ByteSource,
  options: CheckGgufOptions & ParseGgufOptions = {},
): Promise<{ readonly file: GgufFile; readonly check: GgufCheck }> {
  const file = await parseGguf(source, options);
  return { file, check: checkGguf(file, options) };
}

function checkMetadata(file: GgufFile, warnings: Warning[]): void {
  // gguf_init_from_file: an array whose item type is array "has invalid GGUF type".
  for (const [key, value] of file.metadata) {
    if (value.kind === 'array' && value.itemKind === 'array') {
      throw new GgufFailure(
        'GGUF_NESTED_ARRAY',
        `The value of ${key} in ${escapeText(file.name)} is an array of arrays.`,
        {
          details: {
            offset: file.keyOffsets.get(key) ?? 0,
            key,
            expected: 'an array of plain values',
            received: 'an array of arrays',
          },
        },
      );
    }
  }
  // Specification, "Required"; only the first shard of a split model carries it (llama-gguf-split).
  const architecture = file.metadata.get('general.architecture');
  if (architecture === undefined && isLaterShard(file)) return;
  if (architecture?.kind !== 'string' || architecture.value === '') {
    throw new GgufFailure(
      'GGUF_ARCHITECTURE_MISSING',
      `${escapeText(file.name)} does not say what architecture it is.`,
      {
        details: {
          offset: file.keyOffsets.get('general.architecture') ?? 0,
          expected: 'general.architecture, a text',
          received:
            architecture === undefined
              ? 'nothing'
              : architecture.kind === 'string'
                ? 'an empty text'
                : architecture.kind,
        },
      },
    );
  }
  if (!KNOWN_ARCHITECTURES.has(architecture.value)) {
    warnings.push({
      code: 'GGUF_ARCHITECTURE_UNKNOWN',
      message: `llama.cpp v0.5.0 knows no architecture "${escapeText(architecture.value, 80)}": the load test decides.`,
    });
  }
  // Specification: present as soon as any tensor is quantized. llama.cpp does not look at it.
  if (metadataNumber(file, 'general.quantization_version') === null && file.tensors.some(isQuantized)) {
    warnings.push({
      code: 'GGUF_QUANTIZATION_VERSION_MISSING',
      message: 'The tensors are quantized, but general.quantization_version is missing.',
    });
  }
}

function checkTensors(file: GgufFile, policy: Policy): void {
  const first = new Map<string, number>();
  for (const tensor of file.tensors) {
    checkName(file, tensor);
    const before = first.get(tensor.name);
    // gguf_init_from_file: "duplicate tensor name".
    if (before !== undefined) {
      fail(file, tensor, 'GGUF_TENSOR_DUPLICATE', 'is described twice', { firstOffset: before });
    }
    first.set(tensor.name, tensor.infoOffset);
    checkType(file, tensor);
    checkTensorType(file, tensor);
    if (tensor.elementCount === 0) {
      policy.violated('empty-tensor', `The ${labelOf(tensor)} in ${escapeText(file.name)} holds nothing.`, {
        offset: tensor.infoOffset,
        expected: 'dimensions of at least 1',
        received: tensor.dims.join(' × '),
      });
    }
  }
}

/** Specification: "at most 64 bytes long"; gguf_init_from_file refuses GGML_MAX_NAME (64) too, and reads a C string. */
function checkName(file: GgufFile, tensor: GgufTensor): void {
  const sizeBytes = new TextEncoder().encode(tensor.name).length;
  const expected = `at most ${MAX_ACCEPTED_NAME_BYTES} bytes, none of them zero`;
  if (sizeBytes > MAX_ACCEPTED_NAME_BYTES) {
    fail(file, tensor, 'GGUF_TENSOR_NAME_INVALID', `has a name of ${sizeBytes} bytes`, {
      expected,
      received: `${sizeBytes} bytes`,
    });
  }
  if (tensor.name.includes('\0')) {
    fail(file, tensor, 'GGUF_TENSOR_NAME_INVALID', 'has a zero byte in its name', {
      expected,
      received: escapeText(tensor.name),
    });
  }
}

/** gguf_init_from_file: the type within `enum ggml_type`, and `ne[0]` a multiple of its block size. */
function checkType(file: GgufFile, tensor: GgufTensor): void {
  if (tensor.type === null) {
    const removed = REMOVED_GGML_TYPES.get(tensor.typeId);
    if (removed !== undefined) {
      fail(file, tensor, 'GGUF_TENSOR_TYPE_REMOVED', `has the type ${removed}, which ggml no longer knows`, {
        expected: 'a type of today',
        received: `${removed} (${tensor.typeId})`,
      });
    }
    fail(file, tensor, 'GGUF_TENSOR_TYPE_UNKNOWN', `has the unknown type ${tensor.typeId}`, {
      expected: 'a type that ggml knows',
      received: tensor.typeId,
    });
  }
  const { blockElements } = GGML_TYPES[tensor.type];
  const row = tensor.dims[0] ?? 1;
  if (row % blockElements === 0) return;
  fail(
    file,
    tensor,
    'GGUF_ROW_NOT_BLOCKS',
    `has rows of ${row} elements, which ${tensor.type} cannot divide into blocks`,
    {
      expected: `a multiple of ${blockElements}`,
      received: row,
    },
  );
}

function fail(file: GgufFile, tensor: GgufTensor, code: GgufCode, what: string, details: JsonObject): never {
  throw new GgufFailure(code, `The ${labelOf(tensor)} in ${escapeText(file.name)} ${what}.`, {
    details: { offset: tensor.infoOffset, tensor: escapeText(tensor.name, 80), ...details },
  });
}

function labelOf(tensor: GgufTensor): string {
  return `tensor ${escapeText(tensor.name, 80)}`;
}

function isQuantized(tensor: GgufTensor): boolean {
  return tensor.type !== null && GGML_TYPES[tensor.type].blockElements > 1;
}
