import { describe, expect, it } from 'vitest';
import { ARTIFACT_TYPES } from '../../../src/core/artifact-type.ts';

describe('ARTIFACT_TYPES', () => {
  it('names the GGUF first, because it is the default', () => {
    expect(ARTIFACT_TYPES).toEqual(['gguf', 'hf-distilled']);
  });
});
