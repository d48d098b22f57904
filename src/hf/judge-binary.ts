/** Gives a name to bytes that are nothing on the list: which danger they are, or which harmless thing that is not needed. Pure. */
import { leftOut, unsafe, type Judgement } from './judgement.ts';
import { hasEmbeddedPickle, hasPickleHead, walkPickle } from './pickle.ts';
import type { HfUnsafeClass } from './types.ts';

/** `head`: the first 64 KiB, or all. */
export function judgeBinary(head: Uint8Array): Judgement {
  const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 512)).toString('latin1');
  const known = SIGNATURES.find(({ pattern }) => pattern.test(start));
  if (known !== undefined) return unsafe(known.class, known.reason);
  const harmless = NOT_NEEDED.find(([pattern]) => pattern.test(start));
  if (harmless !== undefined) return leftOut(harmless[1]);
  if (hasPickleHead(head) || walkPickle(head) === 'calls' || hasEmbeddedPickle(head) || hidesPickle(start)) {
    return unsafe('pickle', 'a Python pickle, which may run code when it is loaded');
  }
  return unsafe('unknown', 'nothing that a model is made of');
}

/** PROTO, then FRAME, a global, or the empty containers that every saved object begins with, behind other bytes. */
function hidesPickle(start: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /\x80[\x02-\x05](?:\x95[^]{7}\x00|c[A-Za-z_][\w.]*\n[A-Za-z_]|[}\]](?:q\x00|\x94))/.test(start);
}

interface Signature {
  readonly pattern: RegExp;
  readonly class: HfUnsafeClass;
  readonly reason: string;
}

const ARCHIVE = 'which may hold a pickle or a program';

const signature = (pattern: RegExp, unsafeClass: HfUnsafeClass, reason: string): Signature => ({
  pattern,
  class: unsafeClass,
  reason,
});

/* oxlint-disable no-control-regex -- signatures are made of them */
const SIGNATURES: readonly Signature[] = [
  signature(
    /^PK(?:\x03\x04|\x05\x06|\x07\x08)/,
    'archive',
    'a ZIP archive, as torch.save and numpy write it (pickle inside)',
  ),
  signature(/^\x1f\x8b/, 'archive', `compressed (gzip), ${ARCHIVE}`),
  signature(/^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/, 'archive', `compressed (bzip2), ${ARCHIVE}`),
  signature(/^\xfd7zXZ\x00/, 'archive', `compressed (xz), ${ARCHIVE}`),
  signature(
    /^\x5d\x00\x00[\x00-\xff]{2}(?:\xff{8}|[^]{3}\x00{5})/,
    'archive',
    `compressed (LZMA), ${ARCHIVE}`,
  ),
  signature(/^[\x22-\x28]\xb5\x2f\xfd/, 'archive', `compressed (Zstandard), ${ARCHIVE}`),
  signature(/^\x04\x22\x4d\x18/, 'archive', `compressed (LZ4), ${ARCHIVE}`),
  signature(/^x(?:\x01|\x5e|\x9c|\xda)/, 'archive', `compressed (zlib), ${ARCHIVE}`),
  signature(/^\x1f[\x9d\xa0]/, 'archive', `compressed (compress), ${ARCHIVE}`),
  signature(/^7z\xbc\xaf\x27\x1c/, 'archive', `a 7z archive, ${ARCHIVE}`),
  signature(/^Rar!\x1a\x07/, 'archive', `a RAR archive, ${ARCHIVE}`),
  signature(/^[^]{257}ustar[\x00 ]/, 'archive', `a tar archive, ${ARCHIVE}`),
  signature(/^\x93NUMPY/, 'pickle', 'a NumPy array, which may be a pickle'),
  signature(/^\x7fELF/, 'native-code', 'a program or library (ELF)'),
  signature(/^MZ/, 'native-code', 'a program or library (PE)'),
  signature(
    /^(?:\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba[\xbe\xbf]|[\xbe\xbf]\xba\xfe\xca)/,
    'native-code',
    'a program or library (Mach-O), or a Java class',
  ),
  signature(/^\x00asm/, 'native-code', 'a WebAssembly module'),
  signature(
    /^(?:BC\xc0\xde|\xde\xc0\x17\x0b|dex\n0|!<arch>\n|\x7fCGC)/,
    'native-code',
    'machine code or byte code',
  ),
  // CPython, Lib/importlib/_bootstrap_external.py: a magic number and CR LF.
  signature(/^[^][\x0c-\x0f]\r\n[\x00-\x03]\x00\x00\x00/, 'native-code', 'compiled Python'),
  signature(
    /^\x89HDF\r\n\x1a\n/,
    'foreign-model',
    'an HDF5 file, as Keras writes it (layers may carry code)',
  ),
  signature(/^[^]{4}TFL3/, 'foreign-model', 'a TensorFlow Lite model'),
  // ModelProto: ir_version, then the name of the producer.
  signature(
    /^\x08[\x01-\x20]\x12[\x00-\x7f]/,
    'foreign-model',
    'an ONNX model, which may name files elsewhere',
  ),
  signature(
    /^(?:[\x81-\x8f]|\xde[^]{2}|\xdf[^]{4})(?:[\xa1-\xbf]|\xd9[^])[\w.]{1,4}/,
    'foreign-model',
    'a msgpack file, as Flax writes it',
  ),
  // DER: a sequence whose first member is the version, 0, 1 or 3 (RFC 5208, 5915, 7292).
  signature(
    /^0(?:\x82[^]{2}|\x81[^]|[\x20-\x7f])\x02\x01[\x00\x01\x03][\x02\x04\x30]/,
    'secret',
    'a private key',
  ),
  signature(/^\xfe\xed\xfe\xed/, 'secret', 'a Java key store'),
  signature(/^\x03\xd9\xa2\x9a/, 'secret', 'a store of passwords (KeePass)'),
  signature(/^SQLite format 3\x00/, 'unknown', 'a database'),
];

const NOT_NEEDED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^(?:GGUF|FUGG)/, 'a GGUF, which is an artifact of its own (--artifact gguf)'],
  [/^%PDF-/, 'a document (PDF)'],
  [/^RIFF[^]{4}(?:WAVE|AVI )/, 'sound or video'],
  [/^(?:ID3|\xff[\xf2\xf3\xfa\xfb]|OggS|fLaC|\x1aE\xdf\xa3|[^]{4}ftyp)/, 'sound or video'],
  [/^(?:II\*\x00|MM\x00\*|\x00\x00\x01\x00|BM[^]{4}\x00{4})/, 'a picture of a kind that does not ship'],
  [/^PAR1/, 'a data set (Parquet)'],
];
/* oxlint-enable no-control-regex */
