/**
 * What a GGUF of the sample model scores on the suite or on the held-out set, by real inference with the project's own engine.
 *
 *     npm run build && node samples/train/measure.mjs MODEL.gguf [suite|held-out]
 *
 * Prints one line of JSON; with `--cases` also each case that was not passed.
 */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { loadLlamaCppEngine } from '../../dist/engine/index.js';

const [path = '', set = 'suite'] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const showsCases = process.argv.includes('--cases');
const prompts = await read('suite/prompts.json');
const engine = await loadLlamaCppEngine();
const model = await engine.load({
  path,
  contextTokens: 512,
  limits: { memoryBytes: 500e6, wallMs: 600_000 },
});

const { cases } = await read(`${set}/cove.json`);
const results = [];
for (const item of cases) results.push({ ...item, ...(await verify(item)) });
const retrieval = await rankAll(await read(`${set}/retrieval.json`));
await model.close();

const failed = results.filter(({ passed }) => !passed);
if (showsCases) for (const { id, answers } of failed) console.error(id, JSON.stringify(answers));
console.log(
  JSON.stringify({
    model: path,
    set,
    cases: results.length,
    ...rates(results),
    ...(set === 'held-out'
      ? {
          taught: rates(results.filter(({ taught }) => taught)),
          untaught: rates(results.filter(({ taught }) => !taught)),
        }
      : {}),
    retrieval_f1: rounded(retrieval.model),
    keyword_f1: rounded(retrieval.keywords),
    document_perplexity: Math.round(100 * retrieval.perplexity) / 100,
  }),
);

async function read(name) {
  return JSON.parse(await readFile(new URL(`../${name}`, import.meta.url), 'utf8'));
}

async function ask(content) {
  let text = '';
  const prompt = { kind: 'chat', messages: [{ role: 'user', content }] };
  const sampling = { temperature: 0, topP: 1, seed: 0 };
  await model.answer({ prompt, maxTokens: 200, sampling, stop: [] }, { onText: (piece) => (text += piece) });
  return text;
}

/** In one pass: a text that was put in is not searched for more to put in. */
function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_whole, key) => values[key]);
}

async function verify({ question, draft, draft_is_right: isRight, accepted }) {
  const plan = await ask(fill(prompts.plan, { question, draft }));
  const checks = [...plan.matchAll(/^\d\. (.+)$/gm)].map(([, check]) => check);
  const answers = [];
  for (const check of checks) answers.push((await ask(fill(prompts.check, { check }))).trim());
  const listed = checks.map((check, at) => `${at + 1}. ${check} ${answers[at]}`).join('\n');
  const final = await ask(fill(prompts.final, { question, draft, checks: listed }));
  const field = (name) => plain(new RegExp(`^${name}: (.*)$`, 'm').exec(final)?.[1] ?? '');
  const answered = accepted.map(plain).includes(field('Final answer'));
  const judged = field('Verdict') === (isRight ? 'right' : 'wrong');
  return {
    planned: checks.length === 2,
    checked: answers.length > 0 && answers.every((answer) => accepted.map(plain).includes(plain(answer))),
    answered,
    judged,
    passed: answered && judged,
    answers: { plan, answers, final },
  };
}

function plain(text) {
  return text.trim().replace(/\.$/, '').trim().toLowerCase();
}

function rates(found) {
  const rate = (key) => rounded(found.filter((result) => result[key]).length / found.length);
  return Object.fromEntries(
    ['planned', 'checked', 'answered', 'judged', 'passed'].map((key) => [key, rate(key)]),
  );
}

/** The mean F1 at each query's number of relevant documents: by the model, and by words in common. */
async function rankAll({ documents, queries }) {
  let byModel = 0;
  let byWords = 0;
  for (const { query, relevant } of queries) {
    const scores = [];
    const words = wordsOf(query);
    for (const { id, text } of documents) {
      const { logProbability, tokenCount } = await model.score(
        fill(prompts.document, { document: text }),
        ` ${query}`,
      );
      const common = [...wordsOf(text)].filter((word) => words.has(word)).length;
      scores.push({ id, likelihood: logProbability / tokenCount, common });
    }
    byModel += f1(
      scores.toSorted((a, b) => b.likelihood - a.likelihood),
      relevant,
    );
    byWords += f1(
      scores.toSorted((a, b) => b.common - a.common),
      relevant,
    );
  }
  return {
    model: byModel / queries.length,
    keywords: byWords / queries.length,
    perplexity: await perplexity(documents),
  };
}

/** Of all tokens of the documents, each document on its own. */
async function perplexity(documents) {
  let total = 0;
  let count = 0;
  for (const { text } of documents) {
    const { logProbability, tokenCount } = await model.score('Document:', ` ${text}`);
    total += logProbability;
    count += tokenCount;
  }
  return Math.exp(-total / count);
}

function wordsOf(text) {
  return new Set(text.toLowerCase().match(/[a-z0-9]+/g));
}

function f1(ranked, relevant) {
  return ranked.slice(0, relevant.length).filter(({ id }) => relevant.includes(id)).length / relevant.length;
}

function rounded(share) {
  return Math.round(1000 * share) / 10;
}
