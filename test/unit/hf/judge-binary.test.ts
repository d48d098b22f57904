import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeBinary } from '../../../src/hf/judge-binary.ts';
import { pickleBytes, tarBytes, zipBytes } from '../../fakes/hf-samples.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('judgeBinary', () => {
  it.each([
    ['a ZIP archive', 'archive', zipBytes('data.pkl', pickleBytes(2))],
    ['an empty ZIP archive', 'archive', latin1('PK\x05\x06\0\0')],
    ['gzip', 'archive', latin1('\x1f\x8b\x08\0')],
    ['bzip2', 'archive', latin1('BZh91AY&SY\0')],
    ['xz', 'archive', latin1('\xfd7zXZ\0')],
    ['Zstandard', 'archive', latin1('\x28\xb5\x2f\xfd\0')],
    ['zlib, as joblib writes it', 'archive', latin1('x\x9c\0')],
    ['7z', 'archive', latin1('7z\xbc\xaf\x27\x1c')],
    ['tar', 'archive', tarBytes('data.pkl', pickleBytes(2))],
    ['ELF', 'native-code', latin1('\x7fELF\x02\x01\x01\0')],
    ['PE', 'native-code', latin1('MZ\x90\0')],
    ['Mach-O', 'native-code', latin1('\xcf\xfa\xed\xfe\x07\0')],
    ['a Java class', 'native-code', latin1('\xca\xfe\xba\xbe\0\0\0\x34')],
    ['WebAssembly', 'native-code', latin1('\0asm\x01\0\0\0')],
    ['compiled Python', 'native-code', latin1('\xa7\x0d\r\n\0\0\0\0')],
    ['HDF5', 'foreign-model', latin1('\x89HDF\r\n\x1a\n')],
    ['ONNX', 'foreign-model', latin1('\x08\x07\x12\x07pytorch')],
    ['msgpack', 'foreign-model', latin1('\x81\xa6params\x81')],
    ['a private key in DER', 'secret', latin1('0\x82\x04\xbd\x02\x01\x00\x30\x0d')],
    ['a NumPy array', 'pickle', latin1('\x93NUMPY\x01\0')],
    ['a pickle', 'pickle', pickleBytes(4)],
    ['a pickle of data', 'pickle', latin1('\x80\x02}q\0.')],
    ['a pickle behind junk', 'pickle', Buffer.concat([latin1('\x01\x02junk'), pickleBytes(4)])],
    ['a pickle of protocol 2 behind junk', 'pickle', Buffer.concat([latin1('\0\0'), pickleBytes(2)])],
    ['bytes that are nothing', 'unknown', latin1('\x01\x02\x03')],
  ])('names %s', (_, unsafeClass, bytes) => {
    expect(judgeBinary(bytes)).toMatchObject({ kind: 'unsafe', class: unsafeClass });
  });

  it.each([
    ['a GGUF', 'GGUF\x03\0\0\0'],
    ['a PDF', '%PDF-1.7\n\xff'],
    ['sound', 'RIFF\0\0\0\0WAVEfmt '],
    ['video', '\0\0\0\x18ftypmp42'],
    ['a data set', 'PAR1\0'],
  ])('leaves out %s', (_, text) => {
    expect(judgeBinary(latin1(text)).kind).toBe('left-out');
  });

  it('never lets anything ship, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(judgeBinary(bytes).kind).not.toBe('ships');
      }),
    );
  });
});
