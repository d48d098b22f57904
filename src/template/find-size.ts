/** Finds what would make a template slow or its text endless: length, depth, large counts, and text that doubles itself. */
import { walk, type Expression } from './expression.ts';
import type { Constants } from './fold.ts';
import type { Found } from './found.ts';
import { MAX_BLOCK_DEPTH, MAX_REPETITIONS, MAX_TEMPLATE_CHARACTERS } from './limits.ts';
import { pathOf } from './names.ts';
import { BLOCK_KEYWORDS, type Item, type Tag } from './statement.ts';

export function findSize(source: string, items: readonly Item[], constants: Constants): readonly Found[] {
  const found: Found[] = [];
  if (source.length > MAX_TEMPLATE_CHARACTERS) found.push(size(0, `has ${source.length} characters`));
  if (constants.isExhausted) found.push(size(0, 'compares more than can be followed'));
  // For each open block, how often all loops around it and it itself run, as far as constants say.
  const blocks: number[] = [];
  for (const item of items) {
    if (item.kind !== 'tag') continue;
    if (item.trouble === 'depth') found.push(size(item.offset, 'nests expressions too deep to be followed'));
    for (const one of findCounts(item)) found.push(one);
    if (item.keyword.startsWith('end')) {
      blocks.pop();
    } else if (BLOCK_KEYWORDS.has(item.keyword)) {
      const runs = (blocks.at(-1) ?? 1) * (item.keyword === 'for' ? runsOf(item.expressions[0]) : 1);
      blocks.push(runs);
      if (runs > MAX_REPETITIONS) found.push(size(item.offset, 'repeats itself more than a million times'));
      if (blocks.length === MAX_BLOCK_DEPTH) found.push(size(item.offset, `nests ${MAX_BLOCK_DEPTH} blocks`));
    }
  }
  return found;
}

function* findCounts(tag: Tag): Generator<Found> {
  for (const node of walk(tag.expressions)) {
    if (node.kind === 'number' && node.value >= MAX_REPETITIONS)
      yield size(node.offset, 'counts to a million or more');
    if (node.kind === 'text' && /%0?\d{7,}|\{[^{}]{0,20}:[^{}]{0,8}\d{7,}/.test(node.value)) {
      yield size(node.offset, 'pads a text to a million characters or more');
    }
    if (node.kind === 'operation' && node.rank === 'power') yield size(node.offset, 'computes a power');
  }
  for (const { name, value } of tag.bindings) {
    if (value !== null && doubles(name, value)) yield size(tag.offset, `lets ${name} double itself`);
  }
}

/** `x = x ~ x`, `x = x + x`, `x = x * 2`, `x = [x, x]`. */
function doubles(name: string, value: Expression): boolean {
  let times = 0;
  const waiting = [value];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (pathOf(node) === name) times += 1;
    else if (node.kind === 'list') waiting.push(...node.items);
    else if (node.kind === 'operation' && (node.rank === 'sum' || node.rank === 'concat'))
      waiting.push(...node.operands);
    else if (node.kind === 'filter') waiting.push(node.of, ...node.args.map((argument) => argument.value));
  }
  return times > 1;
}

function runsOf(iterated: Expression | undefined): number {
  if (iterated?.kind === 'text') return iterated.value.length;
  if (iterated?.kind === 'list') return iterated.items.length;
  if (iterated?.kind !== 'call' || iterated.callee.kind !== 'name' || iterated.callee.name !== 'range')
    return 1;
  return Math.max(1, ...iterated.args.map(({ value }) => (value.kind === 'number' ? value.value : 1)));
}

function size(offset: number, reason: string): Found {
  return { class: 'size', offset, reason };
}
