import { describe } from 'vitest';
import { refuses } from '../attacks/attack.ts';
import { NAME_COLLISIONS, FORGED_COLLISIONS } from '../attacks/name-collisions.ts';

describe('a bundle of the Python tool with two names for one file', () => {
  refuses(NAME_COLLISIONS);
});

describe('a format-2 bundle with two names for one file', () => {
  refuses(FORGED_COLLISIONS);
});
