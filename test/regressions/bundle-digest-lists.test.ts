import { describe } from 'vitest';
import { refuses } from '../attacks/attack.ts';
import { DIGEST_LISTS, FORGED_LISTS } from '../attacks/digest-lists.ts';

describe('a bundle of the Python tool with a hostile digest list', () => {
  refuses(DIGEST_LISTS);
});

describe('a format-2 bundle with a hostile digest list', () => {
  refuses(FORGED_LISTS);
});
