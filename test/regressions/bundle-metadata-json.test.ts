import { describe } from 'vitest';
import { refuses } from '../attacks/attack.ts';
import { METADATA_JSON, FORGED_JSON } from '../attacks/metadata-json.ts';

describe('a bundle of the Python tool with hostile JSON', () => {
  refuses(METADATA_JSON);
});

describe('a format-2 bundle with hostile JSON', () => {
  refuses(FORGED_JSON);
});
