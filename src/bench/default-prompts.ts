/**
 * The words in which every model is asked, unless its suite has others. A model that was trained for this benchmark was trained
 * on these very words: changing one is changing the benchmark, and the digest of every suite.
 */
import type { SuitePrompts } from './suite.ts';

export const DEFAULT_PROMPTS: SuitePrompts = {
  plan: `Question: {question}
Draft answer: {draft}
Write two short questions that would show whether the draft is right, numbered 1 and 2. Do not answer them.`,
  check: 'Answer in a few words: {check}',
  final: `Question: {question}
Draft answer: {draft}
Checks:
{checks}
Compare the answer of each check with the draft, one line each: answer / draft: same or different. Then end with two lines.
Final answer: the answer in a few words
Verdict: right or wrong, about the draft`,
  document: `Document: {document}
Question:`,
};

/** Puts texts into a prompt, in one pass: what a text says never becomes a place for another. */
export function fillPrompt(template: string, texts: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string) =>
    Object.hasOwn(texts, name) ? (texts[name] ?? place) : place,
  );
}
