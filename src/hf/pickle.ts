/**
 * Tells a Python pickle by walking it as Python would, without running anything: names and first bytes lie, and protocol 0 is
 * plain text. What Python would stop at before it has called anything is no pickle. Pure.
 */
import {
  MAX_EMBEDDED_PICKLE_BYTES,
  MAX_EMBEDDED_PICKLE_STEPS,
  MAX_EMBEDDED_PICKLES,
  MAX_PICKLE_STEPS,
} from './limits.ts';
import { PICKLE_STEPS, type PickleArgument, type PickleEffect } from './pickle-steps.ts';

/**
 * `calls`: reaches a call of something that a module gave, whatever follows · `data`: well-formed to its end, which calls
 * nothing · `endless`: well-formed for {@link MAX_PICKLE_STEPS} steps.
 */
export type PickleWalk = 'calls' | 'data' | 'endless';

/** From the first byte; null where these bytes are no pickle. */
export function walkPickle(bytes: Uint8Array, { maxSteps = MAX_PICKLE_STEPS } = {}): PickleWalk | null {
  const walk = new Walk(bytes);
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const outcome = walk.step();
    if (outcome === 'goes-on') continue;
    if (outcome === 'data' && steps < MIN_DATA_STEPS) return null;
    return outcome === 'broken' ? null : outcome;
  }
  return 'endless';
}

/**
 * A pickle behind other text, for a loader that is told where to begin: a global of a module that runs things, and a walk
 * from there that reaches a call.
 */
export function hasEmbeddedPickle(bytes: Uint8Array): boolean {
  let tries = 0;
  for (const offset of findGlobals(bytes)) {
    tries += 1;
    if (tries > MAX_EMBEDDED_PICKLES) return false;
    const part = bytes.subarray(offset, offset + MAX_EMBEDDED_PICKLE_BYTES);
    if (walkPickle(part, { maxSteps: MAX_EMBEDDED_PICKLE_STEPS }) === 'calls') return true;
  }
  return false;
}

/** PROTO and its version (2 to 5), then another opcode: nothing else that belongs to a model begins so. */
export function hasPickleHead(head: Uint8Array): boolean {
  const [proto, version, opcode] = head;
  if (proto !== 0x80 || version === undefined || version < 2 || version > 5) return false;
  return opcode !== undefined && PICKLE_STEPS.has(opcode);
}

/** Fewer are met by chance: a text that begins with C skips as many bytes as its second letter says. */
const MIN_DATA_STEPS = 4;

const RUNNING_MODULES = [
  'os|posix|nt|subprocess|builtins|__builtin__|sys|runpy|pty|socket|shutil|importlib|commands|code|ctypes|marshal|types|',
  'asyncio|multiprocessing|threading|webbrowser|platform|timeit|cProfile|profile|pdb|bdb|trace|pydoc|operator|functools|',
  'pickle|_pickle|pip|torch|numpy|urllib|requests|http|ssl|imaplib|distutils|setuptools|venv|ensurepip|idlelib|lib2to3',
].join('');
const GLOBAL = new RegExp(`[ci](?:${RUNNING_MODULES})(?:\\.[\\w.]{1,100})?\\n[A-Za-z_][\\w.]{0,100}\\n`, 'g');
const WINDOW_BYTES = 1024 * 1024;
const OVERLAP_BYTES = 512;
const INST = 0x69;
const MARK = 0x28;

function* findGlobals(bytes: Uint8Array): Generator<number> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let next = 0;
  for (let start = 0; start < buffer.length; start += WINDOW_BYTES) {
    const window = buffer.toString('latin1', start, start + WINDOW_BYTES + OVERLAP_BYTES);
    for (const { index } of window.matchAll(GLOBAL)) {
      const offset = start + index;
      if (offset < next) continue;
      next = offset + 1;
      if (buffer[offset] === INST) {
        yield* findMarks(buffer, offset);
      } else {
        yield offset;
      }
    }
  }
}

/** INST calls with what lies above the newest mark: the walk has to begin there. */
function* findMarks(buffer: Buffer, offset: number): Generator<number> {
  let mark = offset;
  for (let count = 0; count < 4; count += 1) {
    mark = mark > 0 ? buffer.lastIndexOf(MARK, mark - 1) : -1;
    if (mark < 0 || mark < offset - OVERLAP_BYTES) return;
    yield mark;
  }
}

type Item = 'mark' | 'text' | 'items' | 'reference' | 'other';
type Outcome = 'goes-on' | 'broken' | 'calls' | 'data';

class Walk {
  readonly #bytes: Uint8Array;
  readonly #stack: Item[] = [];
  #marks = 0;
  #memos = 0;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  step(): Outcome {
    const opcode = this.#bytes[this.#at];
    const found = opcode === undefined ? undefined : PICKLE_STEPS.get(opcode);
    if (found === undefined) return 'broken';
    this.#at += 1;
    if (found.argument !== null && !this.#skip(found.argument)) return 'broken';
    // PUT and MEMOIZE remember what is on top; there must be something.
    if (opcode === 0x70 || opcode === 0x71 || opcode === 0x72 || opcode === 0x94) {
      if (!this.#has(1)) return 'broken';
      this.#memos += 1;
    }
    return this.#apply(found.effect);
  }

  #skip(argument: PickleArgument): boolean {
    if (argument.kind === 'lines') return argument.patterns.every((pattern) => this.#skipLine(pattern));
    let sizeBytes: number;
    if (argument.kind === 'fixed') {
      sizeBytes = argument.sizeBytes;
    } else {
      sizeBytes = 0;
      for (let index = argument.lengthBytes - 1; index >= 0; index -= 1) {
        sizeBytes = sizeBytes * 256 + (this.#bytes[this.#at + index] ?? 0);
      }
      sizeBytes += argument.lengthBytes;
    }
    this.#at += sizeBytes;
    return this.#at <= this.#bytes.length;
  }

  #skipLine(pattern: RegExp): boolean {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) return false;
    // Only what any pattern could still want: a line may be as long as the file.
    const line = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, end - this.#at);
    const isLong = line.length > 8192;
    const text = isLong
      ? line.toString('utf8', 0, 64) + line.toString('utf8', line.length - 64)
      : line.toString('utf8');
    this.#at = end + 1;
    return pattern.test(text.replace(/\r$/, ''));
  }

  #apply(effect: PickleEffect): Outcome {
    switch (effect.kind) {
      case 'none':
        return 'goes-on';
      case 'mark':
        this.#stack.push('mark');
        this.#marks += 1;
        return 'goes-on';
      case 'push':
        this.#stack.push(effect.what);
        return 'goes-on';
      case 'duplicate':
        return this.#has(1) ? this.#push(this.#stack.at(-1) ?? 'other') : 'broken';
      case 'memo-get':
        // What it was is not kept: it may be anything that was remembered.
        return this.#memos > 0 ? this.#push('reference') : 'broken';
      case 'pop':
        // POP on a mark takes the mark.
        if (!this.#has(effect.count)) return effect.push === null ? this.#popMark(null) : 'broken';
        this.#stack.length -= effect.count;
        return effect.push === null ? 'goes-on' : this.#push(effect.push);
      case 'pop-mark':
        return this.#popMark(effect.push);
      case 'append':
        return this.#append(effect.count);
      case 'global-from-stack':
        if (!this.#has(2) || !this.#couldBe('text', -1) || !this.#couldBe('text', -2)) return 'broken';
        this.#stack.length -= 2;
        return this.#push('reference');
      case 'call':
        return this.#call(effect.needs);
      case 'stop':
        if (!this.#has(1)) return 'broken';
        if (this.#isBlankFromHere()) return 'data';
        // Some loaders read one pickle after the other (torch, before it wrote ZIP archives).
        this.#stack.length = 0;
        this.#marks = 0;
        this.#memos = 0;
        return 'goes-on';
    }
  }

  #append(count: number | 'mark'): Outcome {
    if (count === 'mark') {
      if (this.#popMark(null) === 'broken') return 'broken';
      return this.#has(1) ? 'goes-on' : 'broken';
    }
    if (!this.#has(count + 1)) return 'broken';
    this.#stack.length -= count;
    return 'goes-on';
  }

  #call(needs: 'items' | 'two' | 'three' | 'mark'): Outcome {
    if (needs === 'mark') return this.#marks > 0 ? 'calls' : 'broken';
    const count = needs === 'three' ? 3 : 2;
    if (!this.#has(count)) return 'broken';
    if (needs === 'items' && !this.#couldBe('items', -1) && !this.#couldBe('text', -1)) return 'broken';
    return this.#couldBe('reference', -count) ? 'calls' : 'broken';
  }

  #popMark(push: 'items' | 'other' | null): Outcome {
    if (this.#marks === 0) return 'broken';
    this.#stack.length = this.#stack.lastIndexOf('mark');
    this.#marks -= 1;
    return push === null ? 'goes-on' : this.#push(push);
  }

  #push(item: Item): Outcome {
    this.#stack.push(item);
    return 'goes-on';
  }

  /** That many items above the newest mark. */
  #has(count: number): boolean {
    if (this.#stack.length < count) return false;
    for (let index = 1; index <= count; index += 1) if (this.#stack.at(-index) === 'mark') return false;
    return true;
  }

  #couldBe(wanted: Item, index: number): boolean {
    const item = this.#stack.at(index);
    return item === wanted || item === 'reference';
  }

  #isBlankFromHere(): boolean {
    for (let at = this.#at; at < this.#bytes.length; at += 1) {
      const byte = this.#bytes[at] ?? 0;
      if (byte !== 0x0a && byte !== 0x0d && byte !== 0x20 && byte !== 0) return false;
    }
    return true;
  }
}
