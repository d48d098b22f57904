import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasEmbeddedPickle, hasPickleHead, walkPickle } from '../../../src/hf/pickle.ts';
import { pickleBytes } from '../../fakes/hf-samples.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('walkPickle', () => {
  it.each([0, 1, 2, 3, 4, 5] as const)('follows protocol %i to its call', (protocol) => {
    expect(walkPickle(pickleBytes(protocol))).toBe('calls');
  });

  it.each([
    ['arguments in a list', "cos\nsystem\n]S'id'\naR."],
    ['arguments in a string', "cos\nsystem\nS'x'\nR."],
    ['INST', "(S'id'\nios\nsystem\n."],
    ['OBJ', "(cos\nsystem\nS'id'\no."],
    ['NEWOBJ', 'cos\nsystem\n)\x81.'],
    ['BUILD', 'cos\nsystem\n}b.'],
    ['a memo', "cos\nsystem\np7\n0S'id'\np8\n0g7\n(g8\ntR."],
    ['no end after the call', "cos\nsystem\n(S'id'\ntRgarbage"],
    ['harmless values before it', "I1\n0(lp0\n0N0cos\nsystem\n(S'id'\ntR."],
    ['a long comment before it', `S'${'x'.repeat(100_000)}'\n0cos\nsystem\n(S'id'\ntR.`],
    ['another pickle before it', "I1\n.cos\nsystem\n(S'id'\ntR."],
  ])('follows one with %s', (_, text) => {
    expect(walkPickle(latin1(text))).toBe('calls');
  });

  it('knows one that only holds data, and one that does not end', () => {
    expect(walkPickle(latin1('(lp0\nI1\na.'))).toBe('data');
    expect(walkPickle(Buffer.alloc(300_000, 'N'))).toBe('endless');
  });

  it.each([
    ['nothing', ''],
    ['words that begin like a global', 'cat\ndog\nNew\nelephant\n'],
    ['a global, and then a vocabulary', 'cos\nsystem\n(\n)\n.\n'],
    ['prose', 'I am a model card.\nRead me.\n'],
    ['a text whose first letter skips to its last period', `CTEST${'-'.repeat(81)}.\n`],
    ['merges', '#version: 0.2\nĠ t\nh e\n'],
    ['a call of a number', 'I1\n(tR.'],
    ['a call without arguments', 'cos\nsystem\nR.'],
    ['a call with what holds no arguments', 'cos\nsystem\nNR.'],
    ['a string without quotes', 'Sid\n.'],
  ])('stops at %s', (_, text) => {
    expect(walkPickle(latin1(text))).toBeNull();
  });

  it('answers for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(['calls', 'data', 'endless', null]).toContain(walkPickle(bytes));
        expect(typeof hasEmbeddedPickle(bytes)).toBe('boolean');
        expect(typeof hasPickleHead(bytes)).toBe('boolean');
      }),
    );
  });
});

describe('hasEmbeddedPickle', () => {
  it.each([
    ['behind prose', "A fine model.\ncos\nsystem\n(S'id'\ntR."],
    ['behind prose, as INST', "A fine model.\n(S'id'\nios\nsystem\n."],
    ['across two windows', `${'x'.repeat(1024 * 1024 - 5)}cos\nsystem\n(S'id'\ntR.`],
    ['of a module in a package', "x\nctorch.hub\nload\n(S'id'\ntR."],
  ])('finds one %s', (_, text) => {
    expect(hasEmbeddedPickle(latin1(text))).toBe(true);
  });

  it('does not take a vocabulary for one', () => {
    const words = 'fisicos\nsystem\n(\nservicios\npolitica\n.\nunicos\nR\ncsys\nexit\n)\nnos\n';
    expect(hasEmbeddedPickle(latin1(words.repeat(50)))).toBe(false);
  });
});
