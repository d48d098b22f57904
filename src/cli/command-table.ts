/** Every command of the first level, as `milton --help` lists it, and the file that knows the rest. */
import type { CommandEntry } from './lazy-command.ts';

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'overview',
    isHidden: true,
    description: 'What there is, and what to do next. The same as milton without a command.',
    load: async () => (await import('./commands/overview.ts')).defineOverview,
  },
  {
    name: 'models',
    description: 'The models there are, and which one is the choice.',
    load: async () => (await import('./commands/models.ts')).defineModels,
  },
  {
    name: 'gguf',
    description: 'Look into a GGUF model file, or judge it.',
    load: async () => (await import('./commands/gguf.ts')).defineGguf,
  },
  {
    name: 'quantize',
    argument: ['[version]', 'a registered version whose directory is quantized'],
    description:
      'Make a GGUF, and make it small: from a Hugging Face directory or a GGUF with float weights.',
    load: async () => (await import('./commands/quantize.ts')).defineQuantize,
  },
  {
    name: 'bench',
    description: 'Measure registered GGUFs on this machine: speed, verification, retrieval.',
    load: async () => (await import('./commands/bench.ts')).defineBench,
  },
  {
    name: 'select',
    description: 'Choose the best candidate of a benchmark run that passes every threshold.',
    load: async () => (await import('./commands/select.ts')).defineSelect,
  },
  {
    name: 'bundle',
    description: 'Pack a model into one file, look into it, verify it.',
    load: async () => (await import('./commands/bundle.ts')).defineBundle,
  },
  {
    name: 'keys',
    description: 'The keys that sign bundles: make them, list them, show what may be shown.',
    load: async () => (await import('./commands/keys.ts')).defineKeys,
  },
  {
    name: 'policy',
    description:
      'Whose signatures this device takes, and what else may go live: write it, look at it, accept it.',
    load: async () => (await import('./commands/policy.ts')).definePolicy,
  },
  {
    name: 'deploy',
    argument: ['[version]', 'a registered version (default: the best of the run that passes the thresholds)'],
    description:
      'Put the best model of the newest benchmark run live, or a bundle: verified, load-tested, in one step.',
    load: async () => (await import('./commands/deploy.ts')).defineDeploy,
  },
  {
    name: 'rollback',
    description:
      'Put the release that was live before back: its digests checked and its model load-tested first.',
    load: async () => (await import('./commands/rollback.ts')).defineRollback,
  },
  {
    name: 'resume',
    description: 'End what a crash left unfinished on a target: put back, or tidy up. Does nothing else.',
    load: async () => (await import('./commands/resume.ts')).defineResume,
  },
  {
    name: 'prune',
    description: 'Remove earlier releases and bundles that nothing needs any more.',
    load: async () => (await import('./commands/prune.ts')).definePrune,
  },
  {
    name: 'status',
    description: 'What is live on each target, since when, from which bundle, and what one could go back to.',
    load: async () => (await import('./commands/status.ts')).defineStatus,
  },
  {
    name: 'repair',
    description: 'Put what is live back to what was deployed, where files of it were damaged or changed.',
    load: async () => (await import('./commands/repair.ts')).defineRepair,
  },
  {
    name: 'deployments',
    description: 'Every deployment and rollback, refused ones too, newest first.',
    load: async () => (await import('./commands/deployments.ts')).defineDeployments,
  },
  {
    name: 'serve',
    description: 'Answer requests (OpenAI-style API) with the model that is live on a target.',
    load: async () => (await import('./commands/serve.ts')).defineServe,
  },
  {
    name: 'schedule',
    description:
      'Have it happen by itself: benchmark every few hours, deploy what is better, by systemd timers.',
    load: async () => (await import('./commands/schedule.ts')).defineSchedule,
  },
  {
    name: 'doctor',
    description:
      'Is this machine fit? What a deployment needs, what is missing, what it costs, what to type.',
    load: async () => (await import('./commands/doctor.ts')).defineDoctor,
  },
  {
    name: 'demo',
    description:
      'See it work, offline, on small real models: choose, refuse, deploy, deploy again, roll back.',
    load: async () => (await import('./commands/demo.ts')).defineDemo,
  },
];
