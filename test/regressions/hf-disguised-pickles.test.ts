/**
 * Loaders unpickle what they are given, whatever its name; scanners that go by names and first bytes were passed by other
 * extensions (CVE-2025-1889), by protocols 0 and 1, by archives whose flags were off, and by junk before the pickle.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkHfDirectory } from '../../src/hf/index.ts';
import { writeHfDirectory } from '../fakes/hf-directory.ts';
import { checkInProcess, MAX_CHECK_CPU_MS, MAX_CHECK_MEMORY_BYTES } from '../fakes/hf-process.ts';
import { imageBytes, pickleBytes, tarBytes, zipBytes } from '../fakes/hf-samples.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-hf-pickle-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const refused = (path: string, ...classes: string[]) => ({
  code: 'HF_UNSAFE_FILE',
  exitCode: 3,
  details: { path, class: expect.stringMatching(new RegExp(`^(?:${classes.join('|')})$`)) },
});
const latin1 = (text: string) => Buffer.from(text, 'latin1');

const NAMES = [
  'notes.txt',
  'extra.json',
  'extra.safetensors',
  'tokenizer.model',
  'chat_template.jinja',
  'merges.txt',
  'picture.png',
  'weights.p7',
  'README',
];

describe.each([0, 1, 2, 3, 4, 5] as const)('a pickle of protocol %i', (protocol) => {
  it.each(NAMES)('is refused as %s', async (name) => {
    await writeHfDirectory(folder, { [name]: pickleBytes(protocol) });
    await expect(checkHfDirectory(folder)).rejects.toMatchObject(refused(name, 'pickle'));
  });
});

describe('a pickle that is wrapped or hidden', () => {
  const pickle = pickleBytes(2);
  it.each([
    ['in a ZIP archive', zipBytes('archive/data.pkl', pickle), ['archive']],
    [
      'in a ZIP archive whose flags say encrypted',
      withFlags(zipBytes('archive/data.pkl', pickle)),
      ['archive'],
    ],
    ['in an npz', zipBytes('arr_0.npy', latin1('\x93NUMPY\x01\0')), ['archive']],
    ['in gzip', gzipSync(pickle), ['archive']],
    ['in zlib', deflateSync(pickle), ['archive']],
    ['in Brotli', brotliCompressSync(Buffer.concat([pickle, Buffer.alloc(64)])), ['unknown', 'archive']],
    ['in bzip2', latin1('BZh91AY&SY\x01\x02'), ['archive']],
    ['in xz', latin1('\xfd7zXZ\0\0\x04'), ['archive']],
    ['in tar', tarBytes('pickle', pickle), ['archive']],
    ['in tar without a magic', tarBytes('pickle', pickle, { v7: true }), ['pickle']],
    ['behind a byte', Buffer.concat([Buffer.from([7]), pickle]), ['pickle']],
    ['behind 60 kB of text', Buffer.concat([Buffer.alloc(60_000, 'word '), pickleBytes(0)]), ['pickle']],
    ['behind a picture', Buffer.concat([imageBytes('PNG'), pickle]), ['polyglot']],
    ['behind a data pickle', Buffer.concat([latin1('\x80\x02\x8a\x01\x01.'), pickle]), ['pickle']],
  ])('is refused %s', async (_, bytes, classes) => {
    await writeHfDirectory(folder, { 'vocab.txt': bytes });
    await expect(checkHfDirectory(folder)).rejects.toMatchObject(refused('vocab.txt', ...classes));
  });
});

describe('a text that makes the search for pickles long', () => {
  const MEGABYTE = 1024 * 1024;
  it.each([
    ['globals without end', repeat('x\n', 'cos\nsystem\n', 39 * MEGABYTE), null],
    ['values without end', repeat('', 'N', 39 * MEGABYTE), 'HF_UNSAFE_FILE'],
    ['globals that each begin a long line', repeat('x\n', "cos\nsystem\n(S'", 39 * MEGABYTE), null],
    ['line feeds, as JSON', repeat('', '\n', 39 * MEGABYTE), 'HF_JSON_INVALID'],
    ['keys, as JSON', manyKeys(), 'HF_JSON_INVALID'],
  ])('is judged within its bounds: %s', async (_, bytes, code) => {
    await writeHfDirectory(folder, { [code === 'HF_JSON_INVALID' ? 'a.json' : 'a.txt']: bytes });
    const outcome = await checkInProcess(folder);
    expect(outcome.code).toBe(code);
    expect(outcome.cpuMs).toBeLessThan(MAX_CHECK_CPU_MS);
    expect(outcome.memoryBytes).toBeLessThan(MAX_CHECK_MEMORY_BYTES);
  });
});

function repeat(start: string, text: string, sizeBytes: number): Buffer {
  return Buffer.concat([Buffer.from(start), Buffer.alloc(sizeBytes, text)]);
}

/** The central directory says that the member is encrypted; torch does not ask. */
function withFlags(archive: Buffer): Buffer {
  const copy = Buffer.from(archive);
  copy.writeUInt16LE(1, copy.indexOf('PK\x01\x02', 0, 'latin1') + 8);
  return copy;
}

function manyKeys(): Buffer {
  const keys = Array.from({ length: 399_000 }, (_, index) => `"${'é'.repeat(40)}${index}":0`);
  return Buffer.from(`{${keys.join(',')}}`);
}
