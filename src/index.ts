/** The library door: every room of Milton Edge that does work. Each can also be imported alone: `milton-edge/<room>`. */

// core: failures, units, ids, strict JSON, byte sources.
export * from './core/index.ts';

// system: how to do things to this machine.
export * from './system/index.ts';

// gguf: the model file, read, checked, described and written.
export * from './gguf/index.ts';

// template: chat templates, and what must not be in one.
export * from './template/index.ts';

// hf: a Hugging Face model directory.
export * from './hf/index.ts';

// evidence: benchmark runs, and whether the measured bytes are the shipped ones.
export * from './evidence/index.ts';

// trust: whose bundles are taken: keys, signatures, policy.
export * from './trust/index.ts';

// engine: running a model.
export * from './engine/index.ts';

// registry: which models exist.
export * from './registry/index.ts';

// select: the policy of choice.
export * from './select/index.ts';

// bench: what a model is worth, measured.
export * from './bench/index.ts';

// report: a run as a page.
export * from './report/index.ts';

// bundle: one file that holds one model.
export * from './bundle/index.ts';

// serve: a small server over an engine.
export * from './serve/index.ts';

// deploy: a target on this machine.
export * from './deploy/index.ts';

// schedule: having it happen by itself.
export * from './schedule/index.ts';

// pipeline: the jobs people run.
export * from './pipeline/index.ts';
