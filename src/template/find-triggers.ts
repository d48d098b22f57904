/**
 * Finds text that depends on what a conversation holds. Ordinary templates ask who speaks and look for marks such as
 * `</think>`; a poisoned one looks for words of people, for dates or for chance.
 */
import { Blocks, NOT_ASKING, type Asking } from './blocks.ts';
import { partsOf, walk, type Expression } from './expression.ts';
import type { Constants } from './fold.ts';
import type { Found } from './found.ts';
import type { Meanings } from './meaning.ts';
import { isProse } from './prose.ts';
import { BLOCK_KEYWORDS, type Item, type Tag } from './statement.ts';

interface Scope {
  readonly constants: Constants;
  readonly meanings: Meanings;
}

export function findTriggers(items: readonly Item[], scope: Scope): readonly Found[] {
  const found: Found[] = [];
  const blocks = new Blocks();
  for (const item of items) {
    if (item.kind === 'text' && blocks.isConditioned && isProse(item.text))
      found.push(conditioned(item.offset));
    if (item.kind !== 'tag') continue;
    const judged = judge(item, scope);
    for (const one of judged.found) found.push(one);
    if (item.keyword.startsWith('end')) blocks.close();
    else if (item.keyword === 'else') blocks.turn();
    else if (item.keyword === 'elif') blocks.turn(judged);
    else if (BLOCK_KEYWORDS.has(item.keyword)) blocks.open(item.keyword === 'if' ? judged : NOT_ASKING);
    else if (blocks.isConditioned) {
      for (const offset of findProse(item.expressions)) found.push(conditioned(offset));
    }
  }
  return found;
}

interface Judgement extends Asking {
  readonly found: readonly Found[];
}

function judge({ expressions }: Tag, scope: Scope): Judgement {
  const found: Found[] = [];
  let asksForMark = false;
  let isNegated = false;
  for (const node of walk(expressions)) {
    if (node.kind === 'unary' && node.operator === 'not') isNegated = true;
    if (node.kind === 'operation' && node.operators.some((one) => one === 'not in' || one === '!='))
      isNegated = true;
    for (const question of questionsOf(node, scope)) {
      if (question === 'mark') asksForMark = true;
      else found.push({ class: 'trigger', offset: node.offset, reason: question.reason });
    }
    if (node.kind !== 'choice') continue;
    const branches = [node.whenTrue, ...(node.whenFalse === null ? [] : [node.whenFalse])];
    const asks = [...walk([node.test])].some((one) => questionsOf(one, scope).includes('mark'));
    if (!asks) continue;
    for (const offset of findProse(branches)) found.push(conditioned(offset));
  }
  return { found, asksForMark, isNegated };
}

type Question = 'mark' | { readonly reason: string };

function questionsOf(node: Expression, scope: Scope): readonly Question[] {
  switch (node.kind) {
    case 'operation':
      return node.rank === 'comparison' ? compare(node, scope) : [];
    case 'test':
      return COMPARING_TESTS.has(node.name)
        ? askText(
            node.of,
            node.args.map(({ value }) => value),
            scope,
          )
        : [];
    case 'call': {
      const method = node.callee.kind === 'member' ? scope.constants.textOf(node.callee.key) : null;
      if (node.callee.kind !== 'member' || method === null || !LOOKING_METHODS.has(method)) return [];
      return askText(
        node.callee.of,
        node.args.slice(0, 1).map(({ value }) => value),
        scope,
      );
    }
    case 'filter':
      return askFilter(node, scope);
    default:
      return [];
  }
}

/** Tests and methods that hold one text against another. */
const COMPARING_TESTS = new Set([
  'in',
  'eq',
  'equalto',
  'ne',
  'sameas',
  'search',
  'match',
  'regex',
  'contains',
  'gt',
  'lt',
]);
const LOOKING_METHODS = new Set([
  'startswith',
  'endswith',
  'find',
  'rfind',
  'index',
  'rindex',
  'count',
  'split',
  'rsplit',
  'partition',
  'rpartition',
  'replace',
  'removeprefix',
  'removesuffix',
]);

function compare(
  { operators, operands }: Extract<Expression, { kind: 'operation' }>,
  scope: Scope,
): readonly Question[] {
  return operators.flatMap((operator, index) => {
    const left = operands[index];
    const right = operands[index + 1];
    if (left === undefined || right === undefined) return [];
    // `'image' in part`: a part of a message is a mapping, and this asks of what kind it is.
    if (operator.endsWith('in') && scope.meanings.of(right) === 'part') return [];
    // A parameter may be a message or its content, and the name of a field is looked for in the former.
    if (operator.endsWith('in') && left.kind === 'name' && asksForField(left, scope)) return [];
    return [...askSide(left, right, operator, scope), ...askSide(right, left, operator, scope)];
  });
}

function asksForField(node: Expression, { constants }: Scope): boolean {
  const texts = constants.allOf(node);
  return texts.length > 0 && texts.every((text) => FIELDS.has(text));
}

/** Of a message, of its parts and of what tools and documents come with. */
const FIELDS = new Set([
  'role',
  'content',
  'text',
  'type',
  'name',
  'title',
  'function',
  'parameters',
  'description',
  'id',
  'snippet',
  'citations',
  'tool_calls',
  'tools',
  'documents',
]);

function askSide(
  subject: Expression,
  other: Expression,
  operator: string,
  scope: Scope,
): readonly Question[] {
  switch (scope.meanings.of(subject)) {
    case 'content':
    case 'part':
      return askText(subject, [other], scope);
    case 'measure':
      return other.kind === 'number' && other.value > 1 ? ['mark'] : [];
    case 'clock':
      return asksForDate(other, operator, scope) ? [{ reason: 'depends on the date' }] : [];
    case 'messages':
    case 'none':
      return [];
  }
}

/** Today's date may be taken apart to print it; a year, or an order of dates, is only asked for to wait for a day. */
function asksForDate(other: Expression, operator: string, { constants }: Scope): boolean {
  const texts = constants.allOf(other);
  if (texts.length === 0) return false;
  return ['<', '>', '<=', '>='].includes(operator)
    ? texts.some((text) => /\d/.test(text))
    : texts.some((text) => /\d{4}/.test(text));
}

function askText(subject: Expression, others: readonly Expression[], scope: Scope): readonly Question[] {
  const meaning = scope.meanings.of(subject);
  if (meaning !== 'content' && meaning !== 'part') return [];
  const asked: Question[] = [];
  for (const other of others) {
    for (const text of scope.constants.allOf(other)) {
      const kind = kindOf(text);
      if (kind === 'mark') asked.push(kind);
      if (kind === 'word') asked.push({ reason: 'looks for a word in what was said' });
    }
  }
  return asked;
}

function askFilter(
  { of, name, args }: Extract<Expression, { kind: 'filter' }>,
  scope: Scope,
): readonly Question[] {
  const values = args.map(({ value }) => value);
  switch (name) {
    case 'random':
      return [{ reason: 'depends on chance' }];
    case 'replace':
      return askText(of, values.slice(0, 1), scope);
    case 'select':
    case 'reject':
      return askText(of, values.slice(1), scope);
    case 'selectattr':
    case 'rejectattr': {
      const [attribute, , value] = values;
      const path = attribute === undefined ? null : scope.constants.textOf(attribute);
      if (value === undefined || path === null || !/(?:^|\.)(?:content|text)$/.test(path)) return [];
      const words = scope.constants.allOf(value).filter((text) => kindOf(text) === 'word');
      return words.map(() => ({ reason: 'looks for a word in what was said' }));
    }
    default:
      return [];
  }
}

/** Marks are markup, and switches such as `/no_think`; a word is anything else with a letter or digit in it. */
function kindOf(text: string): 'mark' | 'word' | 'nothing' {
  const trimmed = text.trim();
  if (!/[\p{L}\p{N}]/u.test(trimmed)) return 'nothing';
  if (/[<>{}[\]|\uff5c\u2581]/.test(trimmed) || /^\/[\w-]+$/.test(trimmed)) return 'mark';
  return 'word';
}

function conditioned(offset: number): Found {
  return { class: 'trigger', offset, reason: 'says something only where a mark stands in what was said' };
}

/** Where sentences stand that would be printed or kept; a refusal (`raise_exception`) reaches no model. */
function findProse(nodes: readonly Expression[]): readonly number[] {
  const found: number[] = [];
  const waiting = [...nodes];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.kind === 'text' && isProse(node.value)) found.push(node.offset);
    if (node.kind === 'call' && node.callee.kind === 'name' && node.callee.name === 'raise_exception')
      continue;
    waiting.push(...partsOf(node));
  }
  return found;
}
