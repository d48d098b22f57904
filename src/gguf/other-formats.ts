/** What a file that is not GGUF may be, so that the refusal can say what was picked up by mistake. */
import { escapeText } from '../core/index.ts';
import type { GgufCode } from './error.ts';

const OTHERS: readonly (readonly [prefix: string, note: string])[] = [
  ['PK', 'it looks like a zip archive or a PyTorch checkpoint'],
  ['\x1f\x8b', 'it is compressed with gzip'],
  ['(\xb5/\xfd', 'it is compressed with zstd'],
  ['vers', 'it looks like a Git LFS pointer: the file itself was never fetched (git lfs pull)'],
  ['<!', 'it looks like a web page: a download that failed'],
  ['<htm', 'it looks like a web page: a download that failed'],
  ['{', 'it looks like JSON'],
  ['lmgg', 'it is in the ggml format that came before GGUF'],
  ['fmgg', 'it is in the ggmf format that came before GGUF'],
  ['tjgg', 'it is in the ggjt format that came before GGUF'],
  ['\x80', 'it looks like a Python pickle'],
];

/** What stands where `GGUF` should. */
export function describeMagic(magic: Uint8Array): { received: string; note: string; code: GgufCode } {
  const text = String.fromCharCode(...magic);
  // The specification keeps the magic the same in both byte orders; a writer that swapped it too is still recognised.
  if (text === 'FUGG')
    return { received: text, note: 'its letters are in big-endian order', code: 'GGUF_BYTE_ORDER' };
  const note =
    OTHERS.find(([prefix]) => text.startsWith(prefix))?.[1] ?? 'it does not start with the letters GGUF';
  return { received: escapeText(text), note, code: 'GGUF_MAGIC_INVALID' };
}
