import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/index.ts';
import { judgeText } from '../../../src/hf/judge-text.ts';

const judge = (path: string, text: string) => judgeText(path, Buffer.from(text));

describe('judgeText', () => {
  it.each([
    ['config.json', '{"a": 1}', 'json'],
    ['without-a-name', ' [1, 2]', 'json'],
    ['data.jsonl', '{"a": 1}\n\n{"a": 2}\n', 'json-lines'],
    ['chat_template.jinja', '{{ bos_token }}', 'text'],
    ['vocab.txt', '[PAD]\n[UNK]\ncat\ndog\n', 'text'],
    ['README.md', '# Model\n<p align="center">hello</p>\n', 'text'],
    ['empty.txt', '', 'text'],
    ['qwen.tiktoken', 'YQ== 0\nYg== 1\n', 'tiktoken'],
  ])('lets %s ship', (path, text, format) => {
    expect(judge(path, text)).toMatchObject({ kind: 'ships', format });
  });

  it.each([
    ['a pickle', 'merges.txt', "cos\nsystem\n(S'id'\ntR.", 'pickle'],
    ['a pickle named .json', 'config.json', "cos\nsystem\n(S'id'\ntR.", 'pickle'],
    ['a pickle behind prose', 'README.md', "Read me.\ncos\nsystem\n(S'id'\ntR.", 'pickle'],
    ['a script', 'notes.txt', '#!/bin/sh\n', 'script'],
    ['code that a line of JSON names', 'a.jsonl', '{}\n{"auto_map": {"A": "b.C"}}\n', 'remote-code'],
    ['a Lambda layer', 'config.json', '{"class_name": "Lambda"}', 'foreign-model'],
    ['a Lambda layer, escaped', 'config.json', '{"class_name": "L\\u0061mbda"}', 'foreign-model'],
  ])('refuses %s', (_, path, text, unsafeClass) => {
    expect(judge(path, text)).toMatchObject({ kind: 'unsafe', class: unsafeClass });
  });

  it.each(['auto_map', 'auto_mapping', 'custom_pipelines', 'custom_generate'])(
    'refuses %s at any depth, unless it names nothing',
    (key) => {
      expect(judge('a.json', `{"x": [{"${key}": {"A": "b.C"}}]}`)).toMatchObject({ class: 'remote-code' });
      expect(judge('a.json', `{"${key}": "b.C"}`)).toMatchObject({ class: 'remote-code' });
      for (const value of ['null', '{}', '[]', '""', '7']) {
        expect(judge('a.json', `{"${key}": ${value}}`)).toMatchObject({ kind: 'ships' });
      }
    },
  );

  it.each([
    ['a notebook', 'train.ipynb', '{"cells": [], "nbformat": 4}'],
    ['SVG', 'logo.svg', '<!-- logo --><svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['HTML', 'page.txt', '\n<!DOCTYPE html><script>alert(1)</script>'],
    ['PDF written as text', 'paper.txt', '%PDF-1.4\n'],
  ])('leaves out %s', (_, path, text) => {
    expect(judge(path, text)).toMatchObject({ kind: 'left-out' });
  });

  it('refuses what is named .json and is none', () => {
    expect(() => judge('a.json', '{"a": }')).toThrow(
      expect.objectContaining({ code: 'HF_JSON_INVALID', exitCode: 3 }),
    );
  });

  it('says what a tokenizer holds', () => {
    expect(judge('tokenizer.json', '{"model": {"vocab": {"auto_map": 1}}}')).toMatchObject({
      kind: 'ships',
      json: { kind: 'object', model: 'object', vocabulary: 'object', remoteCodeKey: null },
    });
  });

  it('judges any text, or refuses it with a reason', () => {
    fc.assert(
      fc.property(fc.constantFrom('a.json', 'a.txt'), fc.string({ unit: 'binary' }), (path, text) => {
        try {
          expect(['ships', 'unsafe', 'left-out']).toContain(judge(path, text).kind);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});
