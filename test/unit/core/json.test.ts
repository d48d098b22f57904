import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatJson, isJsonObject, JsonNumber, toJsonTree, toPlainJson } from '../../../src/core/json.ts';

describe('formatJson', () => {
  it('writes two spaces, no room in what is empty, and one newline at the end', () => {
    expect(formatJson({ a: [1, { b: null }], c: [], d: {} })).toBe(
      '{\n  "a": [\n    1,\n    {\n      "b": null\n    }\n  ],\n  "c": [],\n  "d": {}\n}\n',
    );
  });

  it('writes exactly what JSON.stringify writes with two spaces', () => {
    const value = fc.jsonValue().map((any) => JSON.parse(JSON.stringify(any)));
    fc.assert(
      fc.property(value, (any) => {
        expect(formatJson(any)).toBe(`${JSON.stringify(any, null, 2)}\n`);
      }),
    );
  });

  it('prints a number that was read to its last digit', () => {
    const tree = new Map([['size', new JsonNumber('1.50')]]);
    expect(formatJson(tree)).toBe('{\n  "size": 1.50\n}\n');
  });

  it('keeps the order of a tree, where a plain object would move keys that look like numbers', () => {
    const tree = new Map([
      ['b', 1],
      ['1', 2],
    ]);
    expect(formatJson(tree)).toBe('{\n  "b": 1,\n  "1": 2\n}\n');
  });
});

describe('toPlainJson', () => {
  it('turns a tree into plain values, numbers included', () => {
    const tree = new Map([['list', [new JsonNumber('1e3'), 'text', null, true]]]);
    expect(toPlainJson(tree)).toEqual({ list: [1000, 'text', null, true] });
  });

  it('makes __proto__ a key like any other', () => {
    const plain = toPlainJson(new Map([['__proto__', new Map([['admin', true]])]]));
    expect(Object.keys(plain as object)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
    expect((plain as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe('toJsonTree', () => {
  it('is undone by toPlainJson', () => {
    const value = fc.jsonValue().map((any) => JSON.parse(JSON.stringify(any)));
    fc.assert(
      fc.property(value, (any) => {
        expect(toPlainJson(toJsonTree(any))).toEqual(any);
      }),
    );
  });
});

describe('isJsonObject', () => {
  it('is true for objects only', () => {
    expect(isJsonObject({})).toBe(true);
    expect([null, undefined, [], 'x', 1, true].some((value) => isJsonObject(value))).toBe(false);
  });
});
