import { describe } from 'vitest';
import { refuses } from '../attacks/attack.ts';
import { TAR_SIZES, FORGED_SIZES } from '../attacks/tar-sizes.ts';

describe('a bundle of the Python tool with a hostile number', () => {
  refuses(TAR_SIZES);
});

describe('a format-2 bundle with a hostile number', () => {
  refuses(FORGED_SIZES);
});
