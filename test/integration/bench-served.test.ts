/** Models of a server that is a script, measured as `milton bench --engine openai` measures them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Warning } from '../../src/core/index.ts';
import type { Candidate } from '../../src/evidence/index.ts';
import { openBenchEngine, type BenchedModels, type BenchModelsRequest } from '../../src/pipeline/index.ts';
import type { RegistryEntry } from '../../src/registry/index.ts';
import { hashBytes } from '../../src/system/index.ts';
import { interruptedAt, useBenchPlace } from '../fakes/bench-place.ts';
import { strawSubject } from '../fakes/bench-subject.ts';
import {
  chunk,
  DONE,
  event,
  json,
  refuse,
  scriptedServer,
  type Page,
  type Pages,
  type ScriptedServer,
} from '../fakes/openai-server.ts';
import { toEntry } from '../fakes/registry-entry.ts';

const place = useBenchPlace();
const open: ScriptedServer[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((server) => server.close()))));

/** Lists these models, and answers for each as one that knows every answer, in pieces of so many bytes. */
function knowing(names: readonly string[], { bytes = 1000 }: { readonly bytes?: number } = {}): Pages {
  return {
    '/v1/models': json({ data: names.map((id) => ({ id })) }),
    '/v1/chat/completions': async (response, asked) => {
      const whole = Buffer.from(await answerTo(asked.body));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let at = 0; at < whole.length; at += bytes) {
        response.write(whole.subarray(at, at + bytes));
        if (bytes < 1000) await sleep(0);
      }
      response.end();
    },
  };
}

async function answerTo({ model, messages }: Readonly<Record<string, unknown>>): Promise<string> {
  const text = (messages as readonly { readonly content: string }[]).at(-1)?.content ?? '';
  const request = { maxTokens: 64, temperature: 0, seed: 1, stop: [] };
  const said = await strawSubject('knows', place.suite).answer({ kind: 'text', text }, request);
  const words = said.text.split(/(?<= )/u);
  const name = { model: String(model) };
  const usage = { prompt_tokens: 5, completion_tokens: words.length, total_tokens: 5 + words.length };
  return [
    ...words.map((word) => chunk(word, name)),
    chunk('', { ...name, finish: 'stop' }),
    event({ ...name, choices: [], usage }),
    DONE,
  ].join('');
}

interface Asked extends Partial<BenchModelsRequest> {
  readonly servedAs?: Readonly<Record<string, string>>;
  readonly interruptAt?: string;
}

async function bench(
  pages: Pages,
  entries: readonly RegistryEntry[],
  { servedAs = {}, interruptAt, ...request }: Asked = {},
): Promise<BenchedModels & { readonly server: ScriptedServer; readonly told: readonly Warning[] }> {
  const server = await scriptedServer(pages);
  open.push(server);
  const told: Warning[] = [];
  const engine = await openBenchEngine(
    {
      name: 'openai',
      threads: null,
      context_tokens: null,
      gpu_layers: 0,
      path: null,
      flags: [],
      url: server.url,
      api_key_env: null,
      served_as: servedAs,
    },
    { env: {}, onWarning: (warning) => told.push(warning), limits: { idleMs: 500 } },
  );
  const context = interruptAt === undefined ? {} : interruptedAt(interruptAt);
  const suite = { ...place.suite, speed: place.suite.speed.slice(0, 1) };
  return { ...(await place.bench(entries, { suite, ...request }, { ...context, engine })), server, told };
}

/** Of a machine that has other things to do there are more warnings. */
const failuresIn = (warnings: readonly Warning[]): readonly string[] =>
  warnings.filter(({ code }) => code === 'BENCH_CANDIDATE_FAILED').map(({ message }) => message);
const codeOf = ({ metrics: { latency_ms: metric } }: Candidate): unknown =>
  metric.status === 'error' ? metric.metadata['code'] : metric.status;

describe('a model of a server', () => {
  it('is measured under its name, and one that the server does not show has the reason in its metrics', async () => {
    const entries = [toEntry('v1'), toEntry('v2'), toEntry('v3')];
    const { saved, failure, warnings, server } = await bench(knowing(['v1', 'the-second']), entries, {
      servedAs: { v2: 'the-second' },
      versions: ['v1', 'v2', 'v3'],
    });
    expect(failure).toBeNull();
    const { run } = saved;
    expect(run.candidates.map((one) => [one.version, codeOf(one), one.artifact])).toEqual([
      ['v1', 'ok', null],
      ['v2', 'ok', null],
      ['v3', 'ENGINE_MODEL_NOT_SERVED', null],
    ]);
    expect(run.candidates[1]).toMatchObject({
      metrics: {
        latency_ms: { metadata: { load_ms: null } },
        peak_ram_mb: { status: 'skipped' },
        cove_pass_rate: { value: 100, metadata: { constrained: false } },
        retrieval_score: { status: 'skipped', error_message: expect.stringContaining('neither') as string },
      },
      conditions: { threads: null, device: null },
      engine: { name: 'openai', flags: ['--base-url', server.url, '--served-as', 'the-second'] },
      settings: null,
    });
    // Where the server is nobody can say, and the two have different flags.
    expect(run.milton).toMatchObject({ machine_sha256: null, engine: 'openai', engine_flags: null });
    expect(failuresIn(warnings)).toEqual([expect.stringContaining('v3: ENGINE_MODEL_NOT_SERVED')]);
  });

  it('is the same model in whatever pieces its answers come', async () => {
    const scores = [];
    for (const bytes of [1000, 97]) {
      const { saved } = await bench(knowing(['v1'], { bytes }), [toEntry('v1')]);
      scores.push(saved.run.candidates[0]?.metrics.cove_pass_rate);
    }
    expect(scores[0]).toMatchObject({ status: 'ok', value: 100 });
    expect(scores[1]).toEqual(scores[0]);
  });

  it('has the bytes of the registered file where the server states that digest, and is refused with another', async () => {
    const sha256 = hashBytes(place.bytes);
    const stating = (digest: string): Pages => ({
      ...knowing(['v1']),
      '/v1/models': json({ data: [{ id: 'v1', sha256: digest }] }),
    });
    const entry = await place.entryOf('v1');
    const registered = {
      ...entry,
      metrics: { ...entry.metrics, milton: { gguf: { sha256, size_bytes: 12 } } },
    };
    for (const [one, size_bytes] of [
      [entry, place.bytes.length],
      // What was hashed when it was registered need not be hashed again.
      [registered, 12],
    ] as const) {
      const { saved } = await bench(stating(sha256), [one]);
      expect(saved.run.candidates[0]).toMatchObject({
        metrics: { latency_ms: { status: 'ok' } },
        artifact: { type: 'gguf', path: place.pathOf('v1'), sha256, size_bytes },
      });
    }
    const { saved, failure } = await bench(stating('b'.repeat(64)), [entry]);
    expect(saved.run.candidates.map((one) => [codeOf(one), one.artifact])).toEqual([
      ['PIPELINE_SERVED_OTHER_BYTES', null],
    ]);
    expect(failure).toMatchObject({ code: 'PIPELINE_NOTHING_MEASURED' });
    const unknown = await bench(stating(sha256), [toEntry('v1')]);
    expect(unknown.saved.run.candidates[0]?.artifact).toBeNull();
  });

  it.each<[string, string, Page]>([
    ['answers with 500', 'ENGINE_SERVER_REFUSED', refuse(500, 'out of order')],
    ['falls silent', 'ENGINE_SERVER_TIMED_OUT', (response) => void response.writeHead(200, SSE).write(': ')],
    ['hangs up', 'ENGINE_SERVER_DISCONNECTED', (response) => void response.destroy()],
    [
      'answers for another',
      'ENGINE_OTHER_MODEL',
      (response) => void response.writeHead(200, SSE).end(chunk('x', { model: 'y' })),
    ],
  ])('has what was measured before it, where it %s, and the next one is measured', async (_, code, page) => {
    const pages = knowing(['v1', 'v2']);
    const sound = pages['/v1/chat/completions'];
    const isCheck = (body: object): boolean => JSON.stringify(body).includes('Draft answer');
    const { saved, warnings } = await bench(
      {
        ...pages,
        '/v1/chat/completions': (response, asked) =>
          (isCheck(asked.body) && asked.body['model'] === 'v1' ? page : sound)?.(response, asked),
      },
      [toEntry('v1'), toEntry('v2')],
      { versions: ['v1', 'v2'] },
    );
    const [first, second] = saved.run.candidates;
    expect(first?.metrics).toMatchObject({
      latency_ms: { status: 'ok' },
      cove_pass_rate: { status: 'error', value: null, metadata: { code } },
    });
    expect(second?.metrics).toMatchObject({ latency_ms: { status: 'ok' }, cove_pass_rate: { value: 100 } });
    expect(failuresIn(warnings)).toEqual([expect.stringContaining(`v1: ${code}`)]);
  });

  it('has no numbers where the server shows another one in the end', async () => {
    let lists = 0;
    const pages = knowing(['v1']);
    const list = pages['/v1/models'];
    const changing: Page = (response, asked) => {
      lists += 1;
      // The first two are of the estimate and of the measurement.
      return (lists <= 2 ? list : json({ data: [{ id: 'v2' }] }))?.(response, asked);
    };
    const { saved } = await bench({ ...pages, '/v1/models': changing }, [toEntry('v1')]);
    expect(saved.run.candidates.map(codeOf)).toEqual(['ENGINE_MODEL_NOT_SERVED']);
  });

  it('is measured again each time, also after Ctrl-C: nobody knows its bytes, nor its machine', async () => {
    const entries = [toEntry('v1'), toEntry('v2')];
    const versions = ['v1', 'v2'];
    const cut = await bench(knowing(versions), entries, { versions, interruptAt: 'v2' });
    expect(cut.failure).toMatchObject({ code: 'CORE_INTERRUPTED' });
    const { saved } = await bench(knowing(versions), entries, { versions });
    expect(saved.run.candidates).toMatchObject([{ carried_over: null }, { carried_over: null }]);
  });

  it('is not there where nobody listens', async () => {
    const server = await scriptedServer({});
    await server.close();
    const engine = await openBenchEngine(
      {
        name: 'openai',
        threads: null,
        context_tokens: null,
        gpu_layers: 0,
        path: null,
        flags: [],
        url: server.url,
        api_key_env: null,
        served_as: {},
      },
      { env: {}, onWarning: () => undefined },
    );
    const { saved, failure } = await place.bench([toEntry('v1')], {}, { engine });
    expect(failure).toMatchObject({ code: 'PIPELINE_NOTHING_MEASURED' });
    expect(saved.run.candidates.map(codeOf)).toEqual(['ENGINE_SERVER_UNREACHABLE']);
  });
});

const SSE = { 'content-type': 'text/event-stream' };
