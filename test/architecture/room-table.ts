/** The table of docs/architecture.md: what each room may import, through the other's index only. */
const WORKING_ROOMS = {
  core: [],
  system: ['core'],
  gguf: ['core'],
  template: ['core'],
  hf: ['core', 'system'],
  evidence: ['core', 'system'],
  trust: ['core', 'system'],
  engine: ['core', 'system'],
  registry: ['core', 'system', 'gguf', 'hf'],
  select: ['core', 'evidence (types)'],
  bench: ['core', 'system', 'gguf', 'engine', 'evidence'],
  quantize: ['core', 'system', 'gguf', 'hf', 'engine'],
  bundle: ['core', 'system', 'gguf', 'template', 'hf', 'evidence', 'trust'],
  serve: ['core', 'system', 'engine'],
  deploy: ['core', 'system', 'bundle', 'gguf', 'template', 'hf', 'evidence', 'trust', 'engine (types)'],
  report: ['core', 'evidence', 'select', 'bench'],
  schedule: ['core', 'system'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const BELOW_PIPELINE = Object.keys(WORKING_ROOMS);

export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  ...WORKING_ROOMS,
  pipeline: BELOW_PIPELINE,
  cli: [...BELOW_PIPELINE, 'pipeline'],
};
