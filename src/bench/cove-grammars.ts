/** Grammars (GBNF of llama.cpp) for the steps of Chain-of-Verification: they fix the form and leave every answer open. */
import type { AnswerConstraint } from '../engine/index.ts';

/** One to three numbered lines. */
export const PLAN_CONSTRAINT: AnswerConstraint = {
  kind: 'gbnf',
  grammar: String.raw`root ::= "1. " text ("\n2. " text ("\n3. " text)?)? "\n"?
text ::= [^\n]+
`,
};

/** One line. */
export const CHECK_CONSTRAINT: AnswerConstraint = {
  kind: 'gbnf',
  grammar: String.raw`root ::= [^ \n] [^\n]* "\n"?
`,
};

/** Written comparisons first, up to four of them; then the two fields, each once. */
export const FINAL_CONSTRAINT: AnswerConstraint = {
  kind: 'gbnf',
  grammar: String.raw`root ::= compared? compared? compared? compared? "Final answer: " answer "\nVerdict: " verdict "\n"?
compared ::= (("\"" | [^":\n]) | ":" [^ \n])+ ": " ("same" | "different") "\n"
answer ::= [^ \n] [^\n]*
verdict ::= "right" | "wrong" | "correct" | "incorrect"
`,
};
