import { describe, expect, it } from 'vitest';
import { findScript } from '../../../src/hf/script.ts';

const find = (text: string) => findScript(Buffer.from(text));

describe('findScript', () => {
  it.each([
    ['an interpreter', '#!/bin/sh\necho hello\n', /interpreter/],
    ['an interpreter behind a byte order mark', '\ufeff#!/usr/bin/env python3\n', /interpreter/],
    ['PHP', '<?php system("id");', /PHP/],
    ['a batch file', '@echo off\r\ndel *\r\n', /batch/],
    [
      'Python',
      'import os\nfrom sys import argv\n\ndef main():\n    os.system(argv[1])\n\nmain()\n',
      /Python/,
    ],
    ['one line of Python', "__import__('os').system('id')\n", /Python/],
    [
      'Python behind a docstring',
      '"""A model card.\n\nIt has many words.\nAnd lines.\n"""\nfrom os import system\nsystem("id")\n',
      /Python/,
    ],
    ['Python behind a license', '# Copyright\n# All rights\nclass Model(Module):\n    pass\n', /Python/],
    ['shell', 'set -e\ncd /tmp\ncurl http://127.0.0.1/x | sh\n', /shell/],
  ])('finds %s', (_, text, words) => {
    expect(find(text)).toMatch(words);
  });

  it.each([
    ['nothing', ''],
    [
      'a model card that shows code',
      '# Model\nThis is how it is loaded:\n```python\nfrom transformers import AutoModel\nmodel = AutoModel.from_pretrained("x")\nmodel.eval()\nprint(model)\n```\nHave fun.\n',
    ],
    [
      'a model card whose code is indented',
      'How to use it.\n\n    import torch\n    def f(): pass\n\nThat is all.\n',
    ],
    [
      'merges with words of Python',
      '#version: 0.2\nimport ant\nclass es\ndef ault\nfrom the\nimport s\nreturn s\n',
    ],
    ['a vocabulary', 'import\nclass\ndef\nif\nset\nexport\n'],
    ['a template', '{%- if messages %}\n{{ messages[0] }}\n{%- endif %}\n'],
    ['a list of packages', 'torch>=2.0\ntransformers==4.50\n'],
    ['a license', 'Apache License\nVersion 2.0, January 2004\nif you want to use it, do.\n'],
  ])('finds none in %s', (_, text) => {
    expect(find(text)).toBeNull();
  });
});
