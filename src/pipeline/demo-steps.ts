/** What the demo does, one step after the other; each one tells what came of it. */
import { loadDefaultSuite, type SampledCases } from '../bench/index.ts';
import { Failure, formatBytes, throwIfAborted, type FailureReport } from '../core/index.ts';
import {
  DEFAULT_DEPLOY_OPTIONS,
  DEFAULT_LOAD_TEST_TOKENS,
  rollBack,
  type DeployContext,
  type DeploymentOutcome,
} from '../deploy/index.ts';
import type { LlamaCppEngine } from '../engine/index.ts';
import type { Registry } from '../registry/index.ts';
import { embeddedBench } from './bench-embedded.ts';
import { benchModels, type BenchEvent } from './bench-models.ts';
import { demoDirectory, DEMO_MODEL, DEMO_MODELS } from './demo-models.ts';
import { askLive, type DemoAnswer } from './demo-question.ts';
import { toRanking, type DemoRank } from './demo-ranking.ts';
import { deployModel } from './deploy-model.ts';
import { quantizeModel } from './quantize-model.ts';
import { registerModel } from './register-model.ts';
import { selectFromRun } from './select-run.ts';

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
  readonly context: DeployContext;
  readonly engine: LlamaCppEngine;
  readonly registry: Registry;
  readonly tool: string;
  readonly found: DemoFindings;
  readonly onBench?: ((event: BenchEvent) => void) | undefined;
  tell(step: DemoStep): void;
}

/** Filled in on the way. */
export interface DemoFindings {
  ranking: readonly DemoRank[];
  answer: DemoAnswer | null;
  /** How many cases were asked of how many. */
  sample: { readonly asked: SampledCases; readonly of: SampledCases } | null;
}

/** In this order; `doing` is for whoever waits. */
export const DEMO_STEPS: readonly {
  readonly doing: string;
  readonly run: (demo: Demo) => Promise<void>;
}[] = [
  { doing: 'Registering the sample model, and the same one when it was half trained', run: registerAll },
  { doing: 'Trying to deploy it before there is a GGUF of it', run: showRefusal },
  { doing: "Quantizing with llama.cpp's own code", run: quantizeAll },
  { doing: 'Measuring four GGUFs by real inference', run: measureAll },
  { doing: 'Choosing by what was measured', run: choose },
  { doing: 'Packing, verifying, load-testing and deploying the choice', run: deployChoice },
  { doing: 'Serving what is live, and asking it', run: serveAndAsk },
  { doing: 'Deploying another that passed', run: deployAnother },
  { doing: 'Rolling back', run: goBack },
];

/** As many right drafts as wrong ones, of each category; enough of them that one miss more or less changes no verdict. */
const DEMO_SAMPLE: SampledCases = { speed: 2, cove: 24, retrieval: 6 };

const QUESTION = 'What is the capital of Peru?';

const THE_TARGET = '--target-path DIR/llm';

async function registerAll({ registry, context: { signal }, tell }: Demo): Promise<void> {
  const lines: string[] = [];
  for (const model of DEMO_MODELS) {
    const hfPath = demoDirectory(model);
    const { artifacts } = await registerModel(registry, {
      version: model.version,
      hfPath,
      baseModel: DEMO_MODEL.directory,
      ...(signal !== undefined && { signal }),
    });
    const size = artifacts.reduce((sum, { totalSizeBytes }) => sum + totalSizeBytes, 0);
    lines.push(`${model.version.padEnd(9)} samples/${model.directory}, ${formatBytes(size)}`);
  }
  const title = 'Registered a model, and the same one when it was half trained';
  tell({ title, lines, command: 'milton models register v1 --hf DIRECTORY', refused: null });
}

async function showRefusal(demo: Demo): Promise<void> {
  try {
    await deploy(demo, DEMO_MODEL.version);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'REGISTRY_NO_GGUF') throw error;
    demo.tell({
      title: 'There is no GGUF of it yet: refused, and nothing was touched',
      lines: [`error ${error.code}: ${error.message}`, `fix   ${error.hint}`],
      command: `milton deploy ${DEMO_MODEL.version} ${THE_TARGET}`,
      refused: error.toReport(),
    });
    return;
  }
  throw new TypeError('A model without a GGUF was deployed.');
}

async function quantizeAll({ registry, engine, context, tell }: Demo): Promise<void> {
  const { state, signal } = context;
  const lines: string[] = [];
  for (const { version, types } of DEMO_MODELS) {
    const { made } = await quantizeModel(
      {
        from: { kind: 'registry', registry, version },
        types,
        outDir: null,
        quantizer: {},
        imatrix: null,
        tool: null,
        llamaCppDir: null,
        keepIntermediate: false,
        dryRun: false,
        strict: false,
        allowUnsafeFiles: false,
      },
      { state, engine, signal },
    );
    for (const one of made)
      lines.push(`${(one.version ?? '').padEnd(9)} ${one.type.padEnd(6)}${formatBytes(one.sizeBytes)}`);
  }
  lines.push('Tokens compared with the tokenizer of the model; each file loaded, and heard.');
  const title = 'Converted to GGUF and quantized; each is registered';
  const command = `milton quantize ${DEMO_MODEL.version} --type ${DEMO_MODEL.types.join(',')}`;
  tell({ title, lines, command, refused: null });
}

async function measureAll({ registry, engine, context, found, onBench, tell }: Demo): Promise<void> {
  const { state, clock, signal } = context;
  const { suite } = await loadDefaultSuite();
  const { speed, cove, retrieval } = DEMO_SAMPLE;
  const { saved, failure } = await benchModels(
    {
      registry,
      versions: [],
      suite,
      budgetMs: null,
      sampled: DEMO_SAMPLE,
      runsDir: state.runsDir,
      commandLine: 'milton demo',
    },
    {
      engine: embeddedBench({ engine, threads: null, contextTokens: null, gpuLayers: 0 }),
      clock,
      signal,
      ...(onBench !== undefined && { onEvent: onBench }),
    },
  );
  if (failure !== null) throw failure;
  const of = {
    speed: suite.speed.length,
    cove: suite.cove.length,
    retrieval: suite.retrieval.queries.length,
  };
  found.sample = { asked: DEMO_SAMPLE, of };
  throwIfAborted(signal);
  tell({
    title: `Measured ${saved.run.candidates.length} GGUFs by asking them`,
    lines: [
      `${speed} of ${of.speed} prompts for speed, again and again`,
      `${cove} of ${of.cove} questions to verify an answer to (Chain-of-Verification)`,
      `${retrieval} of ${of.retrieval} queries to find among ${suite.retrieval.documents.length} documents`,
      'The sample model was trained on these questions: this shows the way, not its worth.',
    ],
    command: 'milton bench --budget 30s',
    refused: null,
  });
}

async function choose({ context: { state, clock }, found, tell }: Demo): Promise<void> {
  const { loaded, result } = await selectFromRun({ runsDir: state.runsDir, clock });
  found.ranking = toRanking(loaded.run, result);
  const refused = found.ranking.filter(({ refusedBecause }) => refusedBecause.length > 0);
  tell({
    title: `Chose ${result.recommended_model ?? 'none'}; refused ${refused.map(({ version }) => version).join(', ')}`,
    lines: [
      ...refused.flatMap(({ version, refusedBecause }) => refusedBecause.map((why) => `${version}: ${why}`)),
      result.reason,
    ],
    command: 'milton select',
    refused: null,
  });
}

async function deployChoice(demo: Demo): Promise<void> {
  const { outcome } = await deploy(demo, null);
  const title = `Deployed ${outcome.record.model_version}, the choice`;
  demo.tell({ title, lines: describe(outcome), command: `milton deploy ${THE_TARGET}`, refused: null });
}

async function serveAndAsk({ context, engine, found, tell }: Demo): Promise<void> {
  found.answer = await askLive(QUESTION, context, { engine });
  const { question, answer, version } = found.answer;
  const lines = [`you      ${question}`, `${version.padEnd(8)} ${answer}`];
  const title = 'Served what is live, and asked it over HTTP';
  tell({ title, lines, command: `milton serve ${THE_TARGET}`, refused: null });
}

/** The best of the others that passed; the half-trained one is never among them. */
async function deployAnother(demo: Demo): Promise<void> {
  const other = demo.found.ranking.find(
    ({ chosen, refusedBecause }) => !chosen && refusedBecause.length === 0,
  );
  const version = other?.version ?? DEMO_MODEL.version;
  const { outcome } = await deploy(demo, version);
  const command = `milton deploy ${version} ${THE_TARGET}`;
  demo.tell({ title: `Deployed ${version} in its place`, lines: describe(outcome), command, refused: null });
}

async function goBack({ context, tell }: Demo): Promise<void> {
  const options = {
    to: null,
    now: null,
    loadTestTokens: DEFAULT_LOAD_TEST_TOKENS,
    loadTestTimeoutMs: null,
    allowNetworkFs: false,
    retryBad: false,
    service: null,
  };
  const outcome = await rollBack(options, context);
  const title = `Rolled back to ${outcome.record.model_version}`;
  tell({ title, lines: describe(outcome), command: 'milton rollback', refused: null });
}

/** Of the newest run: the choice, or the version that is named. */
function deploy({ context, tool }: Demo, version: string | null): ReturnType<typeof deployModel> {
  return deployModel(
    {
      source: {
        kind: 'run',
        version,
        benchmarkFile: null,
        runsDir: context.state.runsDir,
        artifactType: 'gguf',
        select: {},
        allow: [],
        makeBundle: true,
        sourceDateEpochSeconds: undefined,
        tool,
      },
      options: DEFAULT_DEPLOY_OPTIONS,
      activate: true,
    },
    context,
  );
}

function describe({ record, loadTest, releasePath }: DeploymentOutcome): string[] {
  const speed = loadTest.tokens_per_second?.toFixed(0) ?? '-';
  const checked = record.checksum_verified ? 'every digest matches' : 'digests NOT verified';
  const tested = record.load_test_passed ? 'load test passed' : 'load test NOT passed';
  return [
    `${checked}, ${tested}: ${loadTest.tokens ?? 0} tokens at ${speed} tokens/s`,
    `${record.target_path} → ${releasePath ?? '-'}`,
  ];
}
