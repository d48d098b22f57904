import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/index.ts';
import { MAX_INDEX_VALUES } from '../../../src/hf/limits.ts';
import { assertIndexMatches, isShardName, parseShardIndex } from '../../../src/hf/shard-index.ts';
import type { SafetensorsHeader } from '../../../src/hf/types.ts';

const A = 'model-00001-of-00002.safetensors';
const B = 'model-00002-of-00002.safetensors';
const index = (map: unknown) => parseShardIndex(Buffer.from(JSON.stringify({ weight_map: map })));
const header = (...names: string[]): SafetensorsHeader => ({
  metadata: new Map(),
  dataOffset: 8,
  tensors: names.map((name) => ({ name, dtype: 'F32', shape: [], elementCount: 1, offset: 0, sizeBytes: 4 })),
});
const invalid = (words: RegExp) =>
  expect.objectContaining({ code: 'HF_INDEX_INVALID', exitCode: 3, message: expect.stringMatching(words) });

describe('parseShardIndex', () => {
  it('maps tensors to shards', () => {
    expect(index({ x: A, y: B })).toEqual(
      new Map([
        ['x', A],
        ['y', B],
      ]),
    );
  });

  it.each([
    [null],
    [[]],
    [{}],
    [{ x: 1 }],
    [{ x: '../secret.safetensors' }],
    [{ x: 'a\\b.safetensors' }],
    [{ x: 'a.bin' }],
  ])('refuses the map %j', (map) => {
    expect(() => index(map)).toThrow(invalid(/./));
  });

  it('keeps a tensor named as a prototype, and refuses one that stands twice', () => {
    const map = `"__proto__":"${A}"`;
    expect([...parseShardIndex(Buffer.from(`{"weight_map":{${map}}}`))]).toEqual([['__proto__', A]]);
    expect(() => parseShardIndex(Buffer.from(`{"weight_map":{${map},${map}}}`))).toThrow(
      expect.objectContaining({ code: 'CORE_JSON_DUPLICATE_KEY' }),
    );
  });

  it('refuses more tensors than any directory may hold', () => {
    const names = Array.from({ length: MAX_INDEX_VALUES }, (_, at) => [`t${at}`, A] as const);
    expect(() => index(Object.fromEntries(names))).toThrow(
      expect.objectContaining({ code: 'CORE_JSON_LIMIT' }),
    );
    expect(index(Object.fromEntries(names.slice(1000))).size).toBe(MAX_INDEX_VALUES - 1000);
  });

  it('parses any bytes or throws a Failure', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(`{"weight_map":${text}}`)),
        ),
        (bytes) => {
          try {
            parseShardIndex(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
          }
        },
      ),
    );
  });
});

describe('assertIndexMatches', () => {
  it('passes where every tensor is in its shard', () => {
    expect(() =>
      assertIndexMatches(
        index({ x: A, y: B }),
        new Map([
          [A, header('x')],
          [B, header('y')],
          ['other.safetensors', header('z')],
        ]),
      ),
    ).not.toThrow();
  });

  it('names the missing shards', () => {
    expect(() => assertIndexMatches(index({ x: A, y: B }), new Map([[A, header('x')]]))).toThrow(
      invalid(/1 of 2 shards are missing: model-00002-of-00002/),
    );
  });

  it('refuses a shard that the index does not know', () => {
    expect(() =>
      assertIndexMatches(
        index({ x: A }),
        new Map([
          [A, header('x')],
          [B, header()],
        ]),
      ),
    ).toThrow(invalid(/does not know these shards: model-00002/));
  });

  it('refuses a tensor in the wrong shard, in no shard, and one too many', () => {
    const swapped = new Map([
      [A, header('y')],
      [B, header('x')],
    ]);
    expect(() => assertIndexMatches(index({ x: A, y: B }), swapped)).toThrow(invalid(/does not name for it/));
    expect(() => assertIndexMatches(index({ x: A, y: A }), new Map([[A, header('x')]]))).toThrow(
      invalid(/"y" is not in/),
    );
    expect(() => assertIndexMatches(index({ x: A }), new Map([[A, header('x', 'y')]]))).toThrow(
      invalid(/"y"/),
    );
  });
});

describe('isShardName', () => {
  it('knows the pattern of save_pretrained at the top of the directory', () => {
    expect([A, 'model.safetensors', `x/${A}`].map(isShardName)).toEqual([true, false, false]);
  });
});
