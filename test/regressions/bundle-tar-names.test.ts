import { describe } from 'vitest';
import { refuses } from '../attacks/attack.ts';
import { TAR_NAMES, FORGED_NAMES } from '../attacks/tar-names.ts';

describe('a bundle of the Python tool with a hostile name', () => {
  refuses(TAR_NAMES);
});

describe('a format-2 bundle with a hostile name', () => {
  refuses(FORGED_NAMES);
});
