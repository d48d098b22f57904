/** What the demo does, one step after the other; each one tells what came of it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, formatBytes, type FailureReport } from '../core/index.ts';
import {
  DEFAULT_DEPLOY_OPTIONS,
  DEFAULT_LOAD_TEST_TOKENS,
  rollBack,
  type DeployContext,
  type DeploymentOutcome,
} from '../deploy/index.ts';
import { toRegistryEntry, type Registry } from '../registry/index.ts';
import type { Weights } from '../select/index.ts';
import { deployModel } from './deploy-model.ts';
import { DEMO_MODELS, DEMO_WITHOUT_GGUF, writeDemoModel } from './demo-models.ts';
import { measureModel, saveDemoRun, type DemoCandidate } from './demo-run.ts';
import { registerModel } from './register-model.ts';

export interface DemoStep {
  readonly title: string;
  readonly lines: readonly string[];
  /** The command that does the same. */
  readonly command: string | null;
  /** The refusal that this step was to show. */
  readonly refused: FailureReport | null;
}

/** The throw-away place that the steps work in, and what they found out so far. */
export interface Demo {
  readonly folder: string;
  readonly context: DeployContext;
  readonly registry: Registry;
  readonly tool: string;
  readonly candidates: Map<string, DemoCandidate>;
  tell(step: DemoStep): void;
}

/** In this order; `doing` is for whoever waits. */
export const DEMO_STEPS: readonly {
  readonly doing: string;
  readonly run: (demo: Demo) => Promise<void>;
}[] = [
  { doing: 'Writing small models and registering them', run: writeAndRegister },
  { doing: 'Measuring each by running it', run: measureCandidates },
  { doing: 'Trying to deploy one that has no GGUF', run: showRefusal },
  { doing: 'Deploying the best that passes', run: deployFirst },
  { doing: 'Deploying a better one', run: deploySecond },
  { doing: 'Rolling back', run: goBack },
];

/** Only what the models answer counts here: their speed is that of a toy. */
const WEIGHTS: Weights = { latency_ms: 0, throughput: 0, cove_pass_rate: 1, retrieval_score: 1 };

async function writeAndRegister(demo: Demo): Promise<void> {
  const { registry, folder } = demo;
  const lines: string[] = [];
  for (const model of DEMO_MODELS) {
    const { path, sizeBytes } = await writeDemoModel(model, join(folder, 'models'));
    await registerModel(registry, {
      version: model.version,
      ggufPath: path,
      baseModel: 'Milton Edge sample',
    });
    lines.push(`${model.version}  ${model.type}, ${formatBytes(sizeBytes)}, random weights`);
  }
  // The fourth exists as a directory only, as a model does before anybody has quantized it.
  const directory = join(folder, 'models', DEMO_WITHOUT_GGUF.version);
  await mkdir(directory);
  const hf = { path: directory, sizeBytes: 0 };
  await registry.register(
    toRegistryEntry({ version: DEMO_WITHOUT_GGUF.version, baseModel: 'Milton Edge sample', hf }),
  );
  lines.push(`${DEMO_WITHOUT_GGUF.version}  no GGUF yet`);
  tell(
    demo,
    'Wrote three small GGUF models and registered four',
    lines,
    'milton models register VERSION --gguf FILE',
  );
}

async function measureCandidates(demo: Demo): Promise<void> {
  const lines: string[] = [];
  for (const model of DEMO_MODELS) {
    const candidate = await measureModel(model, join(demo.folder, 'models'), demo.context);
    demo.candidates.set(model.version, candidate);
    const { latencyMs, tokensPerSecond } = candidate;
    lines.push(
      `${model.version}  ${tokensPerSecond.toFixed(0)} tokens/s, first token after ${latencyMs.toFixed(0)} ms`,
    );
  }
  lines.push('Speed is measured just now, of exactly these bytes; the quality figures are examples.');
  tell(demo, 'Measured each model by running it', lines, null);
}

async function showRefusal(demo: Demo): Promise<void> {
  await saveRun(demo, 3, ['v1', 'v2'], { withoutGguf: true });
  try {
    await deployNewest(demo);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'REGISTRY_NO_GGUF') throw error;
    const lines = [`error ${error.code}: ${error.message}`, `fix   ${error.hint}`];
    tell(
      demo,
      'The best candidate has no GGUF: refused, and nothing was touched',
      lines,
      'milton deploy --target-path DIR/llm',
      error.toReport(),
    );
    return;
  }
  throw new TypeError('A model without a GGUF was deployed.');
}

async function deployFirst(demo: Demo): Promise<void> {
  await saveRun(demo, 2, ['v1', 'v2'], { withoutGguf: false });
  const { outcome } = await deployNewest(demo);
  tell(
    demo,
    `Deployed ${outcome.record.model_version}; v2 fails the CoVe threshold, however fast it is`,
    describe(outcome),
    'milton deploy --target-path DIR/llm',
  );
}

async function deploySecond(demo: Demo): Promise<void> {
  await saveRun(demo, 1, ['v1', 'v2', 'v3'], { withoutGguf: false });
  const { outcome } = await deployNewest(demo);
  const command = 'milton deploy --target-path DIR/llm';
  tell(
    demo,
    `A new run, a better model: deployed ${outcome.record.model_version}`,
    describe(outcome),
    command,
  );
}

async function goBack(demo: Demo): Promise<void> {
  const options = {
    to: null,
    now: null,
    loadTestTokens: DEFAULT_LOAD_TEST_TOKENS,
    loadTestTimeoutMs: null,
    allowNetworkFs: false,
    retryBad: false,
    service: null,
  };
  const outcome = await rollBack(options, demo.context);
  tell(demo, `Rolled back to ${outcome.record.model_version}`, describe(outcome), 'milton rollback');
}

async function saveRun(
  demo: Demo,
  hoursAgo: number,
  versions: readonly string[],
  { withoutGguf }: { readonly withoutGguf: boolean },
): Promise<void> {
  const measured = versions.flatMap((version) => {
    const candidate = demo.candidates.get(version);
    return candidate === undefined ? [] : [candidate];
  });
  await saveDemoRun(demo.context.state.runsDir, {
    measured,
    withoutGguf: withoutGguf ? [DEMO_WITHOUT_GGUF] : [],
    at: new Date(demo.context.clock.now().getTime() - hoursAgo * 3_600_000),
  });
}

function deployNewest(demo: Demo): ReturnType<typeof deployModel> {
  return deployModel(
    {
      source: {
        kind: 'run',
        version: null,
        benchmarkFile: null,
        runsDir: demo.context.state.runsDir,
        artifactType: 'gguf',
        select: { weights: WEIGHTS },
        allow: [],
        makeBundle: true,
        sourceDateEpochSeconds: undefined,
        tool: demo.tool,
      },
      // The folder for temporary files is often writable for everybody; the one made in it is not.
      options: DEFAULT_DEPLOY_OPTIONS,
      activate: true,
    },
    demo.context,
  );
}

function describe({ record, loadTest, releasePath }: DeploymentOutcome): string[] {
  const speed = loadTest.tokens_per_second?.toFixed(0) ?? '-';
  return [
    `checksums ${record.checksum_verified ? 'verified' : 'NOT verified'}, load test ${record.load_test_passed ? 'passed' : 'NOT passed'}: ${loadTest.tokens ?? 0} tokens at ${speed} tokens/s`,
    `${record.target_path} → ${releasePath ?? '-'}`,
  ];
}

function tell(
  demo: Demo,
  title: string,
  lines: readonly string[],
  command: string | null,
  refused: FailureReport | null = null,
): void {
  demo.tell({ title, lines, command, refused });
}
