/**
 * What a name alone decides: loaders choose how to read a file by its name, so some keep a file out whatever it holds. No name
 * ever lets one in. Pure.
 */
import { leftOut, unsafe, type Judgement } from './judgement.ts';
import type { HfUnsafeClass } from './types.ts';

/** Null where the content decides. `path` is relative to the directory. */
export function judgeName(path: string): Judgement | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (TRAINING_STATE.test(name)) return leftOut('state of the training');
  // transformers, GenerationMixin.load_custom_generate: custom_generate/generate.py.
  if (path.startsWith('custom_generate/'))
    return unsafe('remote-code', 'a part of generation code of its own');
  const extension = /\.([A-Za-z0-9_]+)$/.exec(name)?.[1]?.toLowerCase();
  if (extension === undefined) return null;
  const found = EXTENSIONS.find(({ extensions }) => extensions.includes(extension));
  return found === undefined ? null : unsafe(found.class, `a .${extension} file, ${found.reason}`);
}

/** As transformers' Trainer names them; a model runs without. */
const TRAINING_STATE =
  /^(?:(?:optimizer|scheduler|scaler)\.(?:pt|bin)|rng_state(?:_\d+)?\.pth|training_args\.bin|trainer_state\.json|events\.out\.tfevents\..*)$/;

interface NameRule {
  readonly class: HfUnsafeClass;
  readonly reason: string;
  readonly extensions: readonly string[];
}

const EXTENSIONS: readonly NameRule[] = [
  {
    // torch.save, joblib, dill, numpy with objects.
    class: 'pickle',
    reason: 'which may run code when it is loaded (pickle)',
    extensions: 'bin pt pth pt2 pkl pickle p ckpt joblib dill npy npz ptl mar'.split(' '),
  },
  {
    class: 'native-code',
    reason: 'which holds machine code or byte code',
    extensions:
      'so dll dylib exe pyd pyc pyo node jar class wasm elf o a com msi cubin ptx engine plan'.split(' '),
  },
  {
    class: 'script',
    reason: 'which is a program',
    extensions:
      'py pyw pyx pyi sh bash zsh ksh fish csh bat cmd ps1 psm1 vbs js mjs cjs ts pl rb php lua r jl go rs java scpt desktop'.split(
        ' ',
      ),
  },
  {
    class: 'foreign-model',
    reason: 'a model format that may carry code or name files elsewhere',
    extensions: 'h5 hdf5 keras pb onnx onnx_data ort tflite msgpack ot mlmodel nemo pdmodel pdparams'.split(
      ' ',
    ),
  },
  {
    class: 'secret',
    reason: 'as private keys are kept in',
    extensions: 'p12 pfx key jks keystore kdbx ppk'.split(' '),
  },
];
