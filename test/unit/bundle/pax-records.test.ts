import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BundleFailure } from '../../../src/bundle/error.ts';
import { parsePaxRecords } from '../../../src/bundle/pax-records.ts';
import { formatTarHeader } from '../../../src/bundle/tar-header.ts';
import { pax } from './bundle-fixtures.ts';

const parse = (text: string): unknown => parsePaxRecords(Buffer.from(text));

describe('parsePaxRecords', () => {
  it('reads path and size, and passes over what Python writes beside them', () => {
    const records =
      pax({ mtime: '1700000000.123', path: 'ü/x', size: '8589934592', uname: 'milton' }).bytes ??
      Buffer.alloc(0);
    expect(parsePaxRecords(records)).toEqual({ path: 'ü/x', sizeBytes: 8_589_934_592 });
    expect(parsePaxRecords(new Uint8Array())).toEqual({});
  });

  it('reads what the writer writes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[é漢x]{1,300}$/), (path) => {
        const header = formatTarHeader({ path: `é${path}`, sizeBytes: 8 ** 11, mtimeSeconds: 0 });
        const size = Number.parseInt(Buffer.from(header.subarray(124, 135)).toString(), 8);
        expect(parsePaxRecords(header.subarray(512, 512 + size))).toEqual({
          path: `é${path}`,
          sizeBytes: 8 ** 11,
        });
      }),
    );
  });

  it.each([
    '5 a=b',
    '6 a=b\n',
    '06 a=b\n',
    '-6 a=b\n',
    '9999999 path=x\n',
    ' 9 path=x\n',
    '10 path=x\n10 path=x\n',
    '8 size=\n',
    '9 size=x\n',
    '9 size=5\n',
    '19 size=8589934591\n',
    '24 size=999999999999999\n',
  ])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(BundleFailure);
  });

  it('names a keyword that no bundle has', () => {
    expect(() => parse('14 linkpath=x\n')).toThrow(
      expect.objectContaining({ code: 'BUNDLE_ENTRY_FORBIDDEN' }),
    );
  });

  it('parses any bytes or throws a failure', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('1', '9', ' ', '=', '\n', 'path', 'size', '\0') }),
        (text) => {
          try {
            parse(text);
          } catch (error) {
            expect(error).toBeInstanceOf(BundleFailure);
          }
        },
      ),
    );
  });
});
