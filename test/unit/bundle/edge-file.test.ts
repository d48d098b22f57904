import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEdgeFile } from '../../../src/bundle/edge-file.ts';
import { BundleFailure } from '../../../src/bundle/error.ts';
import type { JsonObject, JsonValue } from '../../../src/core/index.ts';

const DIGEST = 'a'.repeat(64);
const good = {
  format_version: 2,
  tool: 'milton-edge',
  artifact: {
    type: 'gguf',
    size_bytes: 5,
    sha256: DIGEST,
    files: [{ path: 'model/a.gguf', size_bytes: 5 }],
    architecture: 'llama',
    quantization: 'Q4_0',
    parameter_count: 1,
    context_length: null,
    tensor_count: 1,
    shards: 1,
  },
  evidence: {
    kind: 'none',
    run_id: null,
    run_timestamp: null,
    model_version: null,
    measured_sha256: null,
    artifact_sha256: DIGEST,
  },
  requires: { disk_bytes: 5, memory_bytes: 9, memory_context_tokens: 512, memory_is_estimate: true },
  waived_rules: ['no-tensors'],
  release: null,
} satisfies JsonObject;

describe('parseEdgeFile', () => {
  it('reads what it knows and keeps what it does not', () => {
    expect(parseEdgeFile(good)).toEqual(good);
    expect(parseEdgeFile({ ...good, later: 1, artifact: { ...good.artifact, later: 2 } })).toMatchObject({
      later: 1,
      artifact: { later: 2 },
    });
  });

  it('reads what later versions of this tool wrote down, as strictly as the rest', () => {
    const templates = [{ name: 'default', sha256: DIGEST, later: 1 }];
    const unsafe = [{ path: 'model/old.bin', reason: 'a pickle' }];
    const full = {
      ...good,
      artifact: { ...good.artifact, chat_templates: templates },
      unsafe_files: unsafe,
    };
    expect(parseEdgeFile(full)).toEqual(full);
    for (const bad of [
      null,
      {},
      [1],
      [{ name: 'a' }],
      [{ name: 'a', sha256: 'x' }],
      Array(1_001).fill(templates[0]),
    ]) {
      const value = { ...full, artifact: { ...good.artifact, chat_templates: bad as JsonValue } };
      expect(() => parseEdgeFile(value)).toThrow(
        expect.objectContaining({ code: 'BUNDLE_METADATA_INVALID' }),
      );
    }
    for (const bad of [null, ['model/old.bin'], [{ path: 'model/old.bin' }]]) {
      expect(() => parseEdgeFile({ ...full, unsafe_files: bad as JsonValue })).toThrow(
        expect.objectContaining({ code: 'BUNDLE_METADATA_INVALID' }),
      );
    }
  });

  it('refuses another format, and says which', () => {
    expect(() => parseEdgeFile({ ...good, format_version: 3 })).toThrow(
      expect.objectContaining({
        code: 'BUNDLE_FORMAT_UNSUPPORTED',
        details: { expected: 'format 2', received: 'format 3' },
      }),
    );
  });

  it('refuses an evidence that its own digests contradict', () => {
    const evidence = (fields: JsonObject): JsonObject => ({
      ...good,
      evidence: { ...good.evidence, run_id: 'r', measured_sha256: DIGEST, ...fields },
    });
    expect(parseEdgeFile(evidence({ kind: 'measured' })).evidence.kind).toBe('measured');
    expect(parseEdgeFile(evidence({ kind: 'mismatch', measured_sha256: 'b'.repeat(64) })).evidence.kind).toBe(
      'mismatch',
    );
    for (const fields of [
      { kind: 'mismatch' },
      { kind: 'unbound' },
      { kind: 'measured', measured_sha256: 'b'.repeat(64) },
      { kind: 'measured', run_id: null },
    ]) {
      expect(() => parseEdgeFile(evidence(fields))).toThrow(
        expect.objectContaining({ code: 'BUNDLE_METADATA_INVALID' }),
      );
    }
  });

  it('parses any value or throws a failure', () => {
    const anywhere = fc.constantFrom<readonly string[]>(
      ['tool'],
      ['artifact'],
      ['artifact', 'files'],
      ['evidence', 'kind'],
      ['requires'],
      ['waived_rules'],
      ['unsafe_files'],
      ['artifact', 'chat_templates'],
    );
    fc.assert(
      fc.property(anywhere, fc.jsonValue(), ([key = '', inner], value) => {
        const part = (good as JsonObject)[key] as JsonObject;
        const changed = inner === undefined ? (value as JsonValue) : { ...part, [inner]: value as JsonValue };
        try {
          parseEdgeFile({ ...good, [key]: changed });
        } catch (error) {
          expect(error).toBeInstanceOf(BundleFailure);
        }
      }),
    );
  });
});
