// What is tried: for each parser at a door, seeds that it takes, and how one input is given to it. Runs the compiled code.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { mutate } from './mutate.mjs';

const load = (module) => import(new URL(`../../dist/${module}.js`, import.meta.url).href);

/** Each: `seeds`, `run(bytes)`, and where bytes alone would not get past a checksum, `make(seed, random, other)`. */
export async function fuzzTargets() {
  const { memorySource, parseJsonTree, parseJson, toPlainJson, formatJson } = await load('core/index');
  const { verifyBundle, inspectBundle } = await load('bundle/index');
  const { parseEdgeFile } = await load('bundle/edge-file');
  const { parseManifest } = await load('bundle/manifest');
  const { parseSums } = await load('bundle/sums');
  const { parsePaxRecords } = await load('bundle/pax-records');
  const { readMetadataRegion } = await load('bundle/metadata-region');
  const { formatRegion, planArchive } = await load('bundle/layout');
  const { formatMember } = await load('bundle/gzip-frame');
  const { ggufBytes, sampleModel, readAndCheckGguf } = await load('gguf/index');
  const { parseSafetensorsHeader, parseSentencePiece } = await load('hf/index');
  const { parseHfConfig } = await load('hf/config');
  const { parseShardIndex } = await load('hf/shard-index');
  const { parseRun, parseBenchmarkSummary } = await load('evidence/index');
  const { parseRegistry } = await load('registry/parse-registry');
  const { scanChatTemplate } = await load('template/index');
  const { createEventReader } = await load('engine/event-stream');
  const { answerReader } = await load('engine/openai-answer');
  const { replyFailures } = await load('engine/openai-failures');
  const trust = await load('trust/index');
  const { parseStatement } = await load('trust/statement');
  const { parseImportanceMatrix } = await load('quantize/importance-matrix');

  const bundle = await seedBundle();
  const region = await readMetadataRegion(memorySource(bundle));
  const model = bundle.subarray(region.layout.regionBytes);
  const gguf = Buffer.from(
    await ggufBytes(
      sampleModel({
        blockCount: 1,
        embeddingLength: 32,
        headCount: 2,
        headCountKv: 1,
        feedForwardLength: 32,
        vocabularySize: 300,
      }),
    ),
  );
  const key = await trust.generateKeyPair();
  const files = ['edge.json', 'model/a.gguf'].map((name) => ({ name, sha256: 'a'.repeat(64) }));
  const signature = Buffer.from(trust.signResources(files, { key }));
  const statement = Buffer.from(JSON.parse(signature).dsseEnvelope.payload, 'base64');
  const python = Buffer.from(toPythonTar(region, gguf));
  const example = (name) => readFile(new URL(`../fixtures/seed/${name}`, import.meta.url));
  const [run, registry] = [await example('benchmark-example.json'), await example('registry-example.json')];
  const metadata = (name) => Buffer.from(region.files.get(name));
  const json = (bytes) => parseJson(bytes, { maxBytes: 8 * 2 ** 20 });
  const safetensors = tensorsFile(
    {
      a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
      b: { dtype: 'BF16', shape: [3], data_offsets: [16, 22] },
    },
    22,
  );

  const openBoth = async (bytes) => {
    const source = memorySource(bytes, 'bundle');
    await settle([verifyBundle(source), inspectBundle(source)]);
  };
  const targets = {
    'bundle-2': { seeds: [bundle], run: openBoth },
    'bundle-2-metadata': {
      seeds: [...region.files.keys()].map((name) =>
        Buffer.from(`${name}\n${metadata(name).toString('latin1')}`, 'latin1'),
      ),
      // One file of the metadata changed, everything around it made right again.
      make(seed, random, other) {
        const split = seed.indexOf(0x0a);
        const files = new Map(region.files);
        files.set(
          seed.toString('latin1', 0, split),
          mutate(seed.subarray(split + 1), random, other.subarray(other.indexOf(0x0a) + 1)),
        );
        const layout = planArchive(region.layout, files);
        return Buffer.concat([formatRegion(layout, files), model]);
      },
      run: openBoth,
    },
    'bundle-2-headers': {
      seeds: [Buffer.from(formatRegion(region.layout, region.files))],
      make(seed, random, other) {
        const length = seed.readUInt16LE(11);
        return Buffer.concat([
          formatMember(fixChecksums(mutate(seed.subarray(15, 15 + length), random, other), random)),
          seed.subarray(23 + length),
          model,
        ]);
      },
      run: openBoth,
    },
    'bundle-1': { seeds: [gzipSync(python)], run: openBoth },
    'bundle-1-tar': {
      seeds: [python],
      make: (seed, random, other) =>
        gzipSync(fixChecksums(mutate(seed, random, other), random), { level: 1 }),
      run: openBoth,
    },
    'edge.json': { seeds: [metadata('edge.json')], run: (bytes) => parseEdgeFile(json(bytes)) },
    'manifest.json': { seeds: [metadata('manifest.json')], run: (bytes) => parseManifest(json(bytes)) },
    SHA256SUMS: { seeds: [metadata('SHA256SUMS')], run: parseSums },
    pax: { seeds: [Buffer.from('10 path=x\n19 size=8589934592\n17 mtime=1700000\n')], run: parsePaxRecords },
    json: {
      seeds: [
        run,
        registry,
        metadata('edge.json'),
        Buffer.from('{"a":[1.0,-0,1e5,"\\u00e9\\n",{"b":null}],"c":true}'),
      ],
      // What was read is written and read again as the same.
      run(bytes) {
        const tree = parseJsonTree(bytes, { maxBytes: 8 * 2 ** 20, maxValues: 50_000 });
        const text = formatJson(tree);
        if (formatJson(parseJsonTree(text)) !== text)
          throw new Error('written and read again, it is another document');
      },
    },
    signature: {
      seeds: [signature],
      // What is not refused is what was signed, whatever was changed around it.
      run(bytes) {
        trust.readSignature(bytes);
        const { resources } = trust.verifySignature(bytes, { keys: [key] });
        if (resources.size !== files.length) throw new Error('it holds, and says something else');
      },
    },
    statement: { seeds: [statement], run: parseStatement },
    key: {
      seeds: [Buffer.from(trust.formatPublicKey(key)), Buffer.from(trust.formatPrivateKey(key))],
      run(bytes) {
        try {
          trust.parsePublicKey(bytes);
        } catch (error) {
          if (error.code !== 'TRUST_KEY_PRIVATE') throw error;
          trust.loadPrivateKey(bytes);
        }
      },
    },
    gguf: { seeds: [gguf], run: (bytes) => readAndCheckGguf(memorySource(bytes, 'model.gguf')) },
    imatrix: {
      seeds: [Buffer.from(await ggufBytes(SMALL_MATRIX)), SMALL_DAT],
      run: (bytes) => parseImportanceMatrix(memorySource(bytes, 'imatrix')),
    },
    safetensors: {
      seeds: [safetensors],
      run: (bytes) => parseSafetensorsHeader(memorySource(bytes, 'model.safetensors')),
    },
    sentencepiece: {
      seeds: [
        // Pieces <unk>, ▁a and <0x0A> with scores and types; a BPE with bytes to fall back to; what its normalizer does.
        Buffer.from(
          '0a0e0a053c756e6b3e150000000018020a0d0a04e296816115000080bf18010a0f0a063c307830413e1500000000180612081802c001009802011a100a086964656e74697479180120002801',
          'hex',
        ),
        // One piece; a vocabulary of one; rules that change texts.
        Buffer.from('0a0a0a016115000000001801120220011a0412020102', 'hex'),
      ],
      run: (bytes) => parseSentencePiece(bytes, 'tokenizer.model'),
    },
    'config.json': {
      seeds: [
        Buffer.from(
          '{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "torch_dtype": "float16", "hidden_size": 64}',
        ),
      ],
      run: (bytes) => parseHfConfig(bytes),
    },
    'safetensors-index': {
      seeds: [
        Buffer.from(
          '{"metadata": {"total_size": 22}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}',
        ),
      ],
      run: (bytes) => parseShardIndex(bytes),
    },
    'benchmark-run': { seeds: [run], run: (bytes) => parseRun(json(bytes), 'run.json') },
    'benchmark-summary': {
      seeds: [metadata('benchmark_summary.json')],
      run: (bytes) => parseBenchmarkSummary(json(bytes)),
    },
    registry: {
      seeds: [registry],
      run: (bytes) =>
        parseRegistry(parseJsonTree(bytes, { maxBytes: 8 * 2 ** 20 }), 'registry.json').map(
          ({ tree }) => tree && toPlainJson(tree),
        ),
    },
    'event-stream': {
      seeds: [
        Buffer.from('\ufeff: hello\r\nevent: x\rid: 1\ndata: größe\r\ndata\n\nretry: 5\ndata: [DONE]\r\r'),
      ],
      // Cut into pieces of any size, it is the same events.
      run(bytes) {
        const read = (size) => {
          const reader = createEventReader();
          const events = [];
          for (let at = 0; at < bytes.length; at += size)
            events.push(...reader.push(bytes.subarray(at, at + size)));
          return JSON.stringify(events);
        };
        const whole = read(bytes.length + 1);
        for (const size of [1, 2, 7])
          if (read(size) !== whole) throw new Error(`in pieces of ${size} bytes it is other events`);
      },
    },
    'openai-answer': {
      seeds: [
        Buffer.from(
          'data: {"model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\ndata: {"choices":[{"index":0,"text":"b","finish_reason":"stop","stop_reason":2}],"timings":{"prompt_n":1,"prompt_ms":0.5,"predicted_n":2,"predicted_ms":1e0}}\n\ndata: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\ndata: [DONE]\n\n',
        ),
        Buffer.from(
          'data: {"error":{"message":"no","code":500}}\n\ndata: {"object":"error","message":"no"}\n\n',
        ),
      ],
      run(bytes) {
        const failures = replyFailures(new URL('http://127.0.0.1/v1/completions'), 'key');
        const answer = answerReader({ model: 'm', maxTokens: 8, failures });
        for (const [index, event] of createEventReader().push(bytes).entries())
          if (answer.read(event, index)) break;
        const { tokenCount, timeToFirstTokenMs, totalMs } = answer.finish();
        if (!(tokenCount <= 8 && timeToFirstTokenMs <= totalMs)) throw new Error('an answer that cannot be');
      },
    },
    template: {
      seeds: [
        Buffer.from(
          "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}{% endfor %}",
        ),
        Buffer.from(
          "{%- set ns = namespace(found=false) %}{% if not x is defined %}{{ bos_token ~ [1, {'a': 2}][0] | trim }}{# c #}{% endif %}",
        ),
      ],
      run: (bytes) => scanChatTemplate({ name: 'default', text: bytes.toString('utf8') }),
    },
  };
  return targets;
}

/** One weight with two matrices of two columns. */
const SMALL_MATRIX = {
  metadata: [
    ['general.type', { kind: 'string', value: 'imatrix' }],
    ['imatrix.datasets', { kind: 'array', itemKind: 'string', items: ['a.txt'] }],
    ['imatrix.chunk_count', { kind: 'uint32', value: 1 }],
    ['imatrix.chunk_size', { kind: 'uint32', value: 512 }],
  ],
  tensors: [
    { name: 'w.in_sum2', dims: [2, 2], type: 'F32', data: new Uint8Array(16) },
    { name: 'w.counts', dims: [1, 2], type: 'F32', data: new Uint8Array(8) },
  ],
};

/** The same in the older form: entries, length, name, calls, numbers, their bytes; chunks, length, text. */
const SMALL_DAT = Buffer.concat([
  Buffer.from([1, 0, 0, 0, 1, 0, 0, 0, 0x77, 1, 0, 0, 0, 2, 0, 0, 0]),
  Buffer.alloc(8),
  Buffer.from([1, 0, 0, 0, 1, 0, 0, 0, 0x61]),
]);

async function seedBundle() {
  const { createBundle, openArtifact } = await load('bundle/index');
  const { ggufBytes, sampleModel } = await load('gguf/index');
  const { systemClock } = await load('system/index');
  const folder = await mkdtemp(join(tmpdir(), 'milton-fuzz-'));
  try {
    const path = join(folder, 'model.gguf');
    await writeFile(
      path,
      await ggufBytes(
        sampleModel({
          blockCount: 1,
          embeddingLength: 32,
          headCount: 2,
          headCountKv: 1,
          feedForwardLength: 32,
          vocabularySize: 300,
        }),
      ),
    );
    const artifact = await openArtifact(path, { type: 'gguf' });
    const input = {
      artifact,
      version: 'v1',
      run: null,
      candidate: null,
      registryEntry: null,
      clock: systemClock,
      sourceDateEpochSeconds: 1_768_163_281,
    };
    return await readFile((await createBundle({ ...input, tool: 'fuzz', outDir: folder })).path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same content as the Python tool lays it out: the tar stream of our own archive without edge.json. */
function toPythonTar({ files, layout }, content) {
  const text = (name) => Buffer.from(files.get(name)).toString();
  const entries = [...files].filter(([name]) => name !== 'edge.json');
  const sums = text('SHA256SUMS').replace(/.*edge\.json\n/, '');
  const blocks = entries.flatMap(([name, bytes]) =>
    tarFile(`${layout.topFolder}/${name}`, name === 'SHA256SUMS' ? Buffer.from(sums) : Buffer.from(bytes)),
  );
  return Buffer.concat([
    ...blocks,
    ...layout.modelFiles.flatMap(({ path }) => tarFile(`${layout.topFolder}/${path}`, content)),
    Buffer.alloc(1024),
  ]);
}

function tarFile(path, bytes) {
  const block = Buffer.alloc(512);
  block.write(path, 0);
  block.write('0000644\x000000000\x000000000\x00', 100);
  block.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  writeChecksum(block);
  return [block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
}

/** Most of the time the sums of what still looks like a header are made right, so that what stands in it is read. */
function fixChecksums(tar, random) {
  if (random.below(8) === 0) return tar;
  for (let at = 0; at + 512 <= tar.length; at += 512) {
    const block = tar.subarray(at, at + 512);
    if (block.toString('latin1', 257, 262) === 'ustar') writeChecksum(block);
  }
  return tar;
}

function writeChecksum(block) {
  block.write('        ', 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}

function tensorsFile(header, sizeBytes) {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(sizeBytes)]);
}

/** All are waited for; the first that failed is thrown, a mistake before a refusal. */
async function settle(promises) {
  const failed = (await Promise.allSettled(promises))
    .filter(({ status }) => status === 'rejected')
    .map(({ reason }) => reason);
  const worst = failed.find(({ exitCode }) => exitCode === undefined) ?? failed[0];
  if (worst !== undefined) throw worst;
}
