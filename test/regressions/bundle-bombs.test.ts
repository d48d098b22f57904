import { describe } from 'vitest';
import { refuses } from '../attacks/attack.ts';
import { BOMBS, FORGED_BOMBS } from '../attacks/bombs.ts';

describe('a bundle of the Python tool with little that becomes much', () => {
  refuses(BOMBS);
});

describe('a format-2 bundle with little that becomes much', () => {
  refuses(FORGED_BOMBS);
});
