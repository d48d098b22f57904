/** What the parts of a template say, once their tokens are parsed: text, values that are printed, and statements. */
import type { Expression } from './expression.ts';
import { MAX_ITEMS, MAX_TARGETS } from './limits.ts';
import { ExpressionReader, type Trouble } from './parse-expression.ts';
import { splitTemplate, type TagPart, type TemplatePart, type TextPart } from './parts.ts';
import type { Token } from './tokens.ts';

/** A name that gets a value; `ns.x` for a field of a namespace. */
export interface Binding {
  readonly name: string;
  /** `item`: one after the other of the value; `key`: the names in it. `parameter`: what callers give, or else the value. */
  readonly how: 'value' | 'item' | 'key' | 'parameter';
  readonly value: Expression | null;
}

export type Item = TextPart | Tag;

export interface Tag {
  readonly kind: 'tag';
  /** `if`, `endif`, `set` …; `print` for `{{ … }}`. */
  readonly keyword: string;
  /** The name of a macro. */
  readonly name: string | null;
  readonly expressions: readonly Expression[];
  readonly bindings: readonly Binding[];
  readonly tokens: readonly Token[];
  readonly offset: number;
  readonly isClosed: boolean;
  readonly trouble: Trouble | null;
}

/** What an `end…` belongs to; `set-block` is a `set` without a value. */
export const BLOCK_KEYWORDS: ReadonlySet<string> = new Set([
  'if',
  'for',
  'macro',
  'call',
  'filter',
  'set-block',
  'with',
  'block',
  'autoescape',
  'generation',
]);

/** In their order. Linear in the length of the text, and never throws. */
export function parseTemplate(source: string): readonly Item[] {
  return splitTemplate(source).map(toItem);
}

function toItem(part: TemplatePart): Item {
  switch (part.kind) {
    case 'text':
    case 'comment':
      return part;
    case 'expression':
    case 'statement':
      return toTag(part);
  }
}

interface Content {
  readonly keyword: string;
  readonly name?: string | null;
  readonly expressions?: readonly Expression[];
  readonly bindings?: readonly Binding[];
}

function toTag(part: TagPart): Tag {
  const { tokens, offset, isClosed } = part;
  const reader = new ExpressionReader(tokens);
  const content =
    part.kind === 'expression'
      ? { keyword: 'print', expressions: [reader.readTuple()] }
      : readStatement(reader, reader.takeName() ?? '');
  if (reader.trouble === null && !reader.isAtEnd) reader.trouble = 'grammar';
  const { keyword, name = null, expressions = [], bindings = [] } = content;
  const { trouble } = reader;
  return { kind: 'tag', keyword, name, expressions, bindings, tokens, offset, isClosed, trouble };
}

function readStatement(reader: ExpressionReader, keyword: string): Content {
  switch (keyword) {
    case 'for':
      return readFor(reader);
    case 'set':
      return readSet(reader);
    case 'with':
      return readWith(reader);
    case 'macro':
    case 'call':
      return readMacro(reader, keyword);
    case 'filter':
      return { keyword, expressions: [readFilterBlock(reader)] };
    case 'block':
      reader.takeName();
      while (reader.take('scoped', 'required'));
      return { keyword };
    case 'include':
    case 'import':
    case 'from':
    case 'extends':
      return readInclude(reader, keyword);
    case 'else':
    case 'break':
    case 'continue':
    case 'generation':
    case 'debug':
      return { keyword };
    case 'autoescape':
    case 'if':
    case 'elif':
    case 'do':
      return { keyword, expressions: [reader.readTuple()] };
    default:
      return readUnknown(reader, keyword);
  }
}

function readFor(reader: ExpressionReader): Content {
  const names = readTargets(reader);
  if (!reader.take('in')) reader.trouble ??= 'grammar';
  const { offset } = reader;
  const first = reader.readWithoutChoice();
  const items = [first];
  while (items.length < MAX_ITEMS && reader.take(',') && !reader.isAtEnd && !reader.isAt('if')) {
    items.push(reader.readWithoutChoice());
  }
  const iterated: Expression = items.length === 1 ? first : { kind: 'list', items, offset };
  const conditions = reader.take('if') ? [reader.read()] : [];
  reader.take('recursive');
  const bindings = names.map((name, index): Binding => {
    return { name, how: names.length > 1 && index === 0 ? 'key' : 'item', value: iterated };
  });
  return { keyword: 'for', expressions: [iterated, ...conditions], bindings };
}

/** `set x = e`, `set a, b = e`, `set ns.x = e`, and `set x` or `set x | trim`, whose value is the block that follows. */
function readSet(reader: ExpressionReader): Content {
  const names = readTargets(reader);
  if (reader.take('=')) {
    const value = reader.readTuple();
    return {
      keyword: 'set',
      expressions: [value],
      bindings: names.map((name) => ({ name, how: 'value', value })),
    };
  }
  const filters = reader.isAt('|') ? [readFilterBlock(reader)] : [];
  const bindings = names.map((name): Binding => ({ name, how: 'value', value: null }));
  return { keyword: 'set-block', expressions: filters, bindings };
}

function readTargets(reader: ExpressionReader): readonly string[] {
  const names: string[] = [];
  const isBracketed = reader.take('(');
  do {
    const name = reader.takeName();
    if (name === null) break;
    const field = reader.take('.') ? reader.takeName() : null;
    names.push(field === null ? name : `${name}.${field}`);
  } while (reader.take(','));
  if (isBracketed) reader.take(')');
  if (names.length > MAX_TARGETS) reader.trouble ??= 'depth';
  return names.slice(0, MAX_TARGETS);
}

function readWith(reader: ExpressionReader): Content {
  const bindings: Binding[] = [];
  while (!reader.isAtEnd && reader.trouble === null) {
    const name = reader.takeName();
    if (name === null || !reader.take('=')) break;
    bindings.push({ name, how: 'value', value: reader.read() });
    if (!reader.take(',')) break;
  }
  return { keyword: 'with', expressions: valuesOf(bindings), bindings };
}

/** `macro name(a, b=1)`, and `call(a) other(b)`. */
function readMacro(reader: ExpressionReader, keyword: 'macro' | 'call'): Content {
  const name = keyword === 'macro' ? reader.takeName() : null;
  const bindings: Binding[] = [];
  if (reader.take('(')) {
    for (const { name: key, value } of reader.readArguments()) {
      if (key !== null) bindings.push({ name: key, how: 'parameter', value });
      else if (value.kind === 'name') bindings.push({ name: value.name, how: 'parameter', value: null });
    }
  } else if (keyword === 'macro') {
    reader.trouble ??= 'grammar';
  }
  const called = keyword === 'call' ? [reader.read()] : [];
  return { keyword, name, expressions: [...valuesOf(bindings), ...called], bindings };
}

function readFilterBlock(reader: ExpressionReader): Expression {
  const { offset } = reader;
  reader.take('|');
  return reader.readFilters({ kind: 'name', name: 'caller', offset });
}

/** The names are of no interest: that there is one at all is the finding. */
function readInclude(reader: ExpressionReader, keyword: string): Content {
  const named = reader.read();
  reader.skip();
  return { keyword, expressions: [named] };
}

/** An extension's own, or the end of a block. */
function readUnknown(reader: ExpressionReader, keyword: string): Content {
  if (keyword.startsWith('end')) {
    reader.skip();
    return { keyword };
  }
  reader.trouble ??= 'grammar';
  return { keyword, expressions: reader.isAtEnd ? [] : [reader.readTuple()] };
}

function valuesOf(bindings: readonly Binding[]): readonly Expression[] {
  return bindings.map(({ value }) => value).filter((value) => value !== null);
}
