/**
 * Chain-of-Verification (Dhuliawala et al. 2023, "factored"): the model plans questions that would show whether a draft is right,
 * answers each without seeing the draft, and then decides. Graded on two fields only: the final answer and the verdict.
 */
import { Failure } from '../core/index.ts';
import { createAsker, type Asker } from './ask.ts';
import { parseCheck, parseFinal, parsePlan, type Verdict } from './cove-fields.ts';
import { CHECK_CONSTRAINT, FINAL_CONSTRAINT, PLAN_CONSTRAINT } from './cove-grammars.ts';
import { fillPrompt } from './default-prompts.ts';
import { isAccepted } from './grade-answer.ts';
import { CHECK_TOKENS, FINAL_TOKENS, PLAN_TOKENS } from './limits.ts';
import type { BenchSubject } from './subject.ts';
import type { CoveCase, SuitePrompts } from './suite.ts';

export interface CoveCaseResult {
  readonly id: string;
  readonly category: string;
  readonly draftIsRight: boolean;
  /** The final answer is right, and so is the verdict. */
  readonly passed: boolean;
  readonly finalAnswer: string | null;
  readonly finalRight: boolean;
  readonly verdict: Verdict | null;
  readonly verdictRight: boolean;
  /** The verification questions, with what the model answered them by themselves. */
  readonly checks: readonly { readonly question: string; readonly answer: string }[];
  /** Why the case could not be asked to its end: it did not fit into the context. */
  readonly error: string | null;
}

export interface MeasureCoveOptions {
  readonly prompts: SuitePrompts;
  readonly signal?: AbortSignal | undefined;
  readonly onCase?: ((result: CoveCaseResult) => void) | undefined;
}

export interface CoveMeasurement {
  readonly results: readonly CoveCaseResult[];
  readonly constrained: boolean;
  readonly usesChatTemplate: boolean | null;
  /** False where the signal came before the last case. */
  readonly isComplete: boolean;
}

/** Throws what the engine throws, but for a case that does not fit into the context: that one has failed. */
export async function measureCove(
  subject: BenchSubject,
  cases: readonly CoveCase[],
  { prompts, signal, onCase }: MeasureCoveOptions,
): Promise<CoveMeasurement> {
  const asker = createAsker(subject);
  const results: CoveCaseResult[] = [];
  for (const one of cases) {
    const result = signal?.aborted === true ? null : await verifyDraft(asker, one, { prompts, signal });
    if (result === null) break;
    results.push(result);
    onCase?.(result);
  }
  return {
    results,
    constrained: subject.constrains,
    usesChatTemplate: asker.usesChatTemplate,
    isComplete: results.length === cases.length,
  };
}

export function gradeCase(
  { id, category, draftIsRight, accepted }: CoveCase,
  { finalAnswer, verdict }: { readonly finalAnswer: string | null; readonly verdict: Verdict | null },
): Omit<CoveCaseResult, 'checks' | 'error'> {
  const finalRight = finalAnswer !== null && isAccepted(finalAnswer, accepted);
  const verdictRight = verdict === (draftIsRight ? 'correct' : 'incorrect');
  const passed = finalRight && verdictRight;
  return { id, category, draftIsRight, passed, finalAnswer, finalRight, verdict, verdictRight };
}

/** Null where the signal came while it was asked. */
async function verifyDraft(
  asker: Asker,
  one: CoveCase,
  { prompts, signal }: { readonly prompts: SuitePrompts; readonly signal: AbortSignal | undefined },
): Promise<CoveCaseResult | null> {
  const { question, draft } = one;
  const checks: { question: string; answer: string }[] = [];
  const cancel = signal === undefined ? {} : { signal };
  try {
    const plan = await asker.ask(fillPrompt(prompts.plan, { question, draft }), {
      maxTokens: PLAN_TOKENS,
      constraint: PLAN_CONSTRAINT,
      ...cancel,
    });
    for (const check of parsePlan(plan.text)) {
      const { text } = await asker.ask(fillPrompt(prompts.check, { check }), {
        maxTokens: CHECK_TOKENS,
        constraint: CHECK_CONSTRAINT,
        ...cancel,
      });
      checks.push({ question: check, answer: parseCheck(text) });
    }
    const final = await asker.ask(
      fillPrompt(prompts.final, { question, draft, checks: listChecks(checks) }),
      { maxTokens: FINAL_TOKENS, constraint: FINAL_CONSTRAINT, ...cancel },
    );
    if (signal?.aborted === true) return null;
    return { ...gradeCase(one, parseFinal(final.text)), checks, error: null };
  } catch (error) {
    if (signal?.aborted === true) return null;
    if (!(error instanceof Failure) || error.code !== 'ENGINE_REQUEST_INVALID') throw error;
    const nothing = { finalAnswer: null, verdict: null };
    return { ...gradeCase(one, nothing), checks, error: error.message };
  }
}

function listChecks(checks: readonly { readonly question: string; readonly answer: string }[]): string {
  return checks.map(({ question, answer }, index) => `${index + 1}. ${question} ${answer}`).join('\n');
}
