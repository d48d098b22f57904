import { describe, expect, it } from 'vitest';
import { judgeName } from '../../../src/hf/judge-name.ts';

describe('judgeName', () => {
  it.each([
    ['pytorch_model.bin', 'pickle'],
    ['a/x.PT', 'pickle'],
    ['last.ckpt', 'pickle'],
    ['x.npz', 'pickle'],
    ['modeling_x.py', 'script'],
    ['a/run.sh', 'script'],
    ['x.so', 'native-code'],
    ['tf_model.h5', 'foreign-model'],
    ['onnx/model.onnx_data', 'foreign-model'],
    ['flax_model.msgpack', 'foreign-model'],
    ['server.key', 'secret'],
    ['custom_generate/requirements.txt', 'remote-code'],
  ])('keeps out %s', (path, unsafeClass) => {
    expect(judgeName(path)).toMatchObject({ kind: 'unsafe', class: unsafeClass });
  });

  it.each([
    'optimizer.pt',
    'checkpoint-5/rng_state_0.pth',
    'training_args.bin',
    'runs/events.out.tfevents.1.host',
  ])('leaves out %s', (path) => {
    expect(judgeName(path)).toEqual({ kind: 'left-out', reason: 'state of the training' });
  });

  it.each([
    'config.json',
    'model.safetensors',
    'tokenizer.model',
    'LICENSE',
    'py',
    'sub/custom_generate/x.txt',
    '',
  ])('lets the content of %j decide', (path) => {
    expect(judgeName(path)).toBeNull();
  });
});
