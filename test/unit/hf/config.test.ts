import { describe, expect, it } from 'vitest';
import { parseHfConfig } from '../../../src/hf/config.ts';

const parse = (value: unknown) => parseHfConfig(Buffer.from(JSON.stringify(value)));

describe('parseHfConfig', () => {
  it('reads the model type and the architectures', () => {
    expect(parse({ model_type: 'llama', architectures: ['LlamaForCausalLM'] })).toEqual({
      modelType: 'llama',
      architectures: ['LlamaForCausalLM'],
    });
    expect(parse({ model_type: 'llama' }).architectures).toEqual([]);
  });

  it.each([[[]], [{}], [{ model_type: 7 }], [{ model_type: '' }], [{ model_type: 'a', architectures: [1] }]])(
    'refuses %j',
    (value) => {
      expect(() => parse(value)).toThrow(expect.objectContaining({ code: 'HF_CONFIG_INVALID', exitCode: 3 }));
    },
  );

  it('lets the strict reader speak about broken JSON', () => {
    expect(() => parseHfConfig(Buffer.from('{'))).toThrow(
      expect.objectContaining({ code: 'CORE_JSON_INVALID' }),
    );
  });
});
