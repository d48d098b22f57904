import { describe } from 'vitest';
import { refuses } from '../attacks/attack.ts';
import { GZIP_MEMBERS, FORGED_MEMBERS } from '../attacks/gzip-members.ts';

describe('a bundle of the Python tool with something around the archive', () => {
  refuses(GZIP_MEMBERS);
});

describe('a format-2 bundle with something around the archive', () => {
  refuses(FORGED_MEMBERS);
});
