import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantizerLog } from '../../../src/quantize/quantizer-log.ts';

const LOG = `loader: 2 tensors
[   1/   3] output.weight                        - [   256,   1024,      1,      1], type =    f16, size =     0.50 MiB ->     0.21 MiB (q6_K)
[   2/   3] output_norm.weight                   - [   256,      1,      1,      1], type =    f32, size =    0.001 MiB
[   3/   3] token_embd.weight                    - [   256,   1024,      1,      1], type =    f16, size =     0.50 MiB ->     0.14 MiB (q4_0)
quant size  =     1.30 MiB
`;

describe('quantizerLog', () => {
  it('tells the type of each tensor, however the log is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: LOG.length })), (cuts) => {
        const log = quantizerLog();
        const places = [0, ...cuts.toSorted((a, b) => a - b), LOG.length];
        places.slice(1).forEach((end, index) => log.append(LOG.slice(places[index], end)));

        expect(log.tensors()).toEqual([
          { name: 'output.weight', type: 'Q6_K' },
          { name: 'output_norm.weight', type: null },
          { name: 'token_embd.weight', type: 'Q4_0' },
        ]);
        expect(log.lastWords()).toBe('loader: 2 tensors quant size  =     1.30 MiB');
      }),
    );
  });

  it('tells of a tensor as soon as it is begun', () => {
    const log = quantizerLog();
    log.append('[   1/  30] output.weight - [ 256, 1024, 1, 1], type = f16, ');
    expect(log.tensors()).toEqual([{ name: 'output.weight', type: null }]);
  });

  it('takes anything', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (pieces) => {
        const log = quantizerLog();
        for (const piece of pieces) log.append(piece);
        expect(log.tensors().length).toBeLessThanOrEqual(pieces.join('').length);
      }),
    );
  });
});
