import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findUnsafeReason } from '../../../src/hf/unsafe-file.ts';

const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from([part]))),
  );

describe('findUnsafeReason', () => {
  it.each([
    'pytorch_model.bin',
    'a/optimizer.PT',
    'rng.pth',
    'x.pkl',
    'x.pickle',
    'last.ckpt',
    'x.joblib',
    'x.npy',
  ])('refuses %s by its name', (path) => {
    expect(findUnsafeReason(path, bytes('harmless'))).toMatch(/pickle/);
  });

  it.each([
    ['a ZIP archive', bytes('PK', 3, 4, 'archive/data.pkl'), /ZIP/],
    ['protocol 2', bytes(0x80, 2, '}q', 0), /pickle/],
    ['protocol 2 with a global', bytes(0x80, 2, 'cposix\nsystem\n'), /pickle/],
    ['protocol 4 with a frame', bytes(0x80, 4, 0x95, 1), /pickle/],
    ['protocol 5', bytes(0x80, 5, 0x8c, 2, 'os'), /pickle/],
    ['protocol 0', bytes("cposix\nsystem\n(S'id'\ntR."), /protocol 0/],
    ['protocol 0 after a mark', bytes("(cos\nsystem\nS'id'\no."), /protocol 0/],
  ])('finds %s behind a harmless name', (_, head, words) => {
    expect(findUnsafeReason('tokenizer.model', head)).toMatch(words);
  });

  it.each([
    ['JSON', 'config.json', bytes('{"a": 1}')],
    ['words', 'vocab.txt', bytes('cat\ndog\nelephant\n')],
    ['an empty file', 'README.md', bytes()],
    ['a tokenizer in protobuf', 'tokenizer.model', bytes(0x0a, 0x0e, 0x0a, '<unk>')],
    [
      'safetensors whose header is 640 bytes long',
      'model.safetensors',
      bytes(0x80, 2, 0, 0, 0, 0, 0, 0, '{'),
    ],
    ['bytes that only begin like a pickle', 'data', bytes(0x80, 2, 0)],
  ])('lets %s pass', (_, path, head) => {
    expect(findUnsafeReason(path, head)).toBeNull();
  });

  it('answers for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), (head) => {
        const reason = findUnsafeReason('file', head);
        expect(reason === null || reason.length > 0).toBe(true);
      }),
    );
  });
});
