import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure, memorySource } from '../../../src/core/index.ts';
import { HeaderBudget } from '../../../src/hf/header-budget.ts';
import { judgeContent, WholeFileReader } from '../../../src/hf/judge-file.ts';
import { safetensorsBytes } from '../../fakes/hf-directory.ts';
import { imageBytes, pickleBytes, sentencePieceBytes, tarBytes, zipBytes } from '../../fakes/hf-samples.ts';

const judge = (path: string, bytes: Uint8Array) =>
  judgeContent(path, memorySource(bytes), { reader: new WholeFileReader(), budget: new HeaderBudget() });
const weights = safetensorsBytes({ x: { shape: [5] } });
const zip = zipBytes('archive/data.pkl', pickleBytes(2));

describe('judgeContent', () => {
  it.each([
    ['safetensors', weights],
    ['json', Buffer.from('{}')],
    ['text', Buffer.from('Grüße, 世界\n')],
    ['sentencepiece', sentencePieceBytes()],
    ['image', imageBytes('PNG')],
    ['image', imageBytes('WebP')],
  ])('knows %s under any name', async (format, bytes) => {
    for (const path of ['file', 'file.dat']) {
      await expect(judge(path, bytes)).resolves.toMatchObject({ kind: 'ships', format });
    }
  });

  it.each([0, 1, 2, 3, 4, 5] as const)('names a pickle of protocol %i under any name', async (protocol) => {
    for (const path of ['tokenizer.model', 'merges.txt', 'config.json', 'model.safetensors']) {
      await expect(judge(path, pickleBytes(protocol))).resolves.toMatchObject({ class: 'pickle' });
    }
  });

  it.each([
    ['safetensors with a ZIP archive as its last tensor', withLastBytes(weightsOf(zip.length), zip)],
    ['a picture with a ZIP archive in a comment', imageBytes('PNG', { comment: zip })],
    ['a picture with a ZIP archive behind it', Buffer.concat([imageBytes('JPEG'), zip])],
    ['a tokenizer with a ZIP archive in its last piece', sentencePieceBytes(['a'], { extra: wrapped(zip) })],
    ['text that is a tar archive', textTar()],
  ])('refuses %s', async (_, bytes) => {
    await expect(judge('file', bytes)).resolves.toMatchObject({ kind: 'unsafe', class: 'polyglot' });
  });

  it('keeps the header of safetensors that are something else besides', async () => {
    const bytes = withLastBytes(weightsOf(zip.length), zip);
    await expect(judge('model.safetensors', bytes)).resolves.toMatchObject({
      kind: 'unsafe',
      header: { tensors: [{ name: 'x' }] },
    });
  });

  it('refuses what is only named safetensors', async () => {
    await expect(judge('a.safetensors', Buffer.from('junk'))).rejects.toMatchObject({
      code: 'HF_SAFETENSORS_INVALID',
    });
  });

  it.each([
    ['text that ends in a control character', Buffer.concat([Buffer.alloc(100_000, 'a'), Buffer.from([0])])],
    ['text that ends in broken UTF-8', Buffer.concat([Buffer.alloc(100_000, 'a'), Buffer.from([0xc3])])],
    ['UTF-16', Buffer.from('hello', 'utf16le')],
  ])('refuses %s', async (_, bytes) => {
    await expect(judge('README.md', bytes)).resolves.toMatchObject({ kind: 'unsafe', class: 'unknown' });
  });

  it('knows text whose 65,536th byte is in the middle of a character', async () => {
    const text = Buffer.from(`${'a'.repeat(64 * 1024 - 1)}é`);
    await expect(judge('README.md', text)).resolves.toMatchObject({ format: 'text' });
  });

  it('reads no more text than a model has', async () => {
    const means = { reader: new WholeFileReader(), budget: new HeaderBudget() };
    const text = memorySource(Buffer.alloc(33 * 1024 * 1024, 'a'));
    await expect(judgeContent('a', text, means)).resolves.toMatchObject({ format: 'text' });
    await expect(judgeContent('b', text, means)).rejects.toMatchObject({ code: 'HF_DIRECTORY_LIMIT' });
  });

  it('judges any bytes, or refuses them with a reason', async () => {
    const start = fc.constantFrom(
      weights,
      zip,
      sentencePieceBytes(),
      imageBytes('GIF'),
      Buffer.from('{"a":'),
    );
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.nat({ max: 200 }),
        fc.uint8Array({ maxLength: 100 }),
        async (head, keep, rest) => {
          const bytes = Buffer.concat([head.subarray(0, keep), rest]);
          try {
            expect(['ships', 'unsafe', 'left-out']).toContain((await judge('file', bytes)).kind);
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
          }
        },
      ),
    );
  });
});

function weightsOf(sizeBytes: number): Buffer {
  return safetensorsBytes({ x: { dtype: 'F16', shape: [Math.ceil(sizeBytes / 2)] } });
}

function withLastBytes(bytes: Buffer, end: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  end.copy(copy, copy.length - end.length);
  return copy;
}

/** As field 2 of a normalizer, whose bytes mean nothing to the walk. */
function wrapped(bytes: Buffer): Buffer {
  const varint = (value: number) => [(value & 127) | 128, value >> 7];
  const inner = Buffer.concat([Buffer.from([0x12, ...varint(bytes.length)]), bytes]);
  return Buffer.concat([Buffer.from([0x1a, ...varint(inner.length)]), inner]);
}

/** A header without a NUL: names of blanks, numbers of blanks and digits. */
function textTar(): Buffer {
  const header = Buffer.from(tarBytes('data.pkl', Buffer.from('x'), { v7: true }).subarray(0, 512));
  for (const [index, byte] of header.entries()) if (byte === 0) header[index] = 0x20;
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(sum.toString(8).padStart(7, '0'), 148);
  return header;
}
