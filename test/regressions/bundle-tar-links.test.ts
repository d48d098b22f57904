import { describe } from 'vitest';
import { refuses } from '../attacks/attack.ts';
import { TAR_LINKS, FORGED_LINKS } from '../attacks/tar-links.ts';

describe('a bundle of the Python tool with an entry that is no file', () => {
  refuses(TAR_LINKS);
});

describe('a format-2 bundle with an entry that is no file', () => {
  refuses(FORGED_LINKS);
});
