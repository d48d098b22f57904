/**
 * The files of a suite, exactly as they stand on disk (snake_case). Unknown keys are refused: a misspelt one would be a case that
 * asks something else than was meant. Loads zod: import it on first use only.
 */
import { z } from 'zod';
import {
  MAX_ACCEPTED_ANSWERS,
  MAX_COVE_CASES,
  MAX_DOCUMENTS,
  MAX_ID_LENGTH,
  MAX_NAME_LENGTH,
  MAX_QUERIES,
  MAX_SEEN_BY,
  MAX_SPEED_PROMPTS,
  MAX_SPEED_TOKENS,
  MAX_TEXT_LENGTH,
} from './limits.ts';

const id = z
  .string()
  .max(MAX_ID_LENGTH)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, 'letters, digits and . _ : -')
  .describe('Names the case in every result; unique within its list.');
const text = z.string().min(1).max(MAX_TEXT_LENGTH);
const category = z.string().min(1).max(MAX_NAME_LENGTH).describe('What kind of task it is, in a word.');
const $schema = z.string().exactOptional().describe('For editors.');

const speedPrompt = z.strictObject({
  id,
  category: category.exactOptional().describe('What kind of task it is, in a word; the id where left out.'),
  prompt: text.describe('Asked through the chat template of the model, if it has one.'),
  max_tokens: z
    .int()
    .min(2)
    .max(MAX_SPEED_TOKENS)
    .default(64)
    .describe('Tokens to answer with, at most; a rate wants at least two.'),
});

const coveCase = z.strictObject({
  id,
  category,
  question: text,
  draft: text.describe('An answer that the model is to verify; half the drafts of a suite should be wrong.'),
  draft_is_right: z.boolean(),
  accepted: z
    .array(text)
    .min(1)
    .max(MAX_ACCEPTED_ANSWERS)
    .describe(
      'Every spelling of the right answer. Case, spaces, articles and punctuation at the ends do not count.',
    ),
});

const document = z.strictObject({ id, text });

const query = z.strictObject({
  id,
  query: text,
  relevant: z.array(id).min(1).max(MAX_DOCUMENTS).describe('Ids of the documents that answer it.'),
});

export const speedFile = z
  .strictObject({ $schema, prompts: z.array(speedPrompt).min(1).max(MAX_SPEED_PROMPTS) })
  .describe('speed.json: prompts whose answers are timed.');

export const coveFile = z
  .strictObject({ $schema, cases: z.array(coveCase).min(1).max(MAX_COVE_CASES) })
  .describe('cove.json: drafts that the model is to verify (Chain-of-Verification).');

export const retrievalFile = z
  .strictObject({
    $schema,
    documents: z.array(document).min(2).max(MAX_DOCUMENTS),
    queries: z.array(query).min(1).max(MAX_QUERIES),
  })
  .describe('retrieval.json: documents, and queries that the model is to find them by.');

export const suiteFile = z
  .strictObject({
    $schema,
    name: z.string().min(1).max(MAX_NAME_LENGTH).exactOptional(),
    description: z.string().max(MAX_TEXT_LENGTH).exactOptional(),
    seen_by: z
      .array(z.string().min(1).max(MAX_NAME_LENGTH))
      .max(MAX_SEEN_BY)
      .exactOptional()
      .describe('Versions of models that were trained on these questions.'),
  })
  .describe('suite.json: what is known about the suite. It may be left out.');

const template = (...names: readonly string[]) =>
  text
    .refine(
      (words) => names.every((name) => words.includes(`{${name}}`)),
      `a text with ${names.map((name) => `{${name}}`).join(', ')}`,
    )
    .exactOptional()
    .describe(`Has ${names.map((name) => `{${name}}`).join(', ')} where the text goes.`);

export const promptsFile = z
  .strictObject({
    $schema,
    plan: template('question', 'draft'),
    check: template('check'),
    final: template('question', 'draft', 'checks'),
    document: template('document'),
  })
  .describe(
    'prompts.json: other words to ask in. What is left out, and the file itself, is as Milton has it.',
  );

/** The names of the files; the schemas of the package are called after them. */
export const SUITE_SCHEMAS = {
  speed: speedFile,
  cove: coveFile,
  retrieval: retrievalFile,
  prompts: promptsFile,
  suite: suiteFile,
} as const;

export type SuitePart = keyof typeof SUITE_SCHEMAS;
