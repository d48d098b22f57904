// Changes bytes as somebody would who looks for a mistake in a parser. The same numbers give the same input, always.

/** Numbers of 32 bits from a text: mulberry32 over an FNV-1a hash. */
export function numbers(text) {
  let state = 2_166_136_261;
  for (let at = 0; at < text.length; at += 1) state = Math.imul(state ^ text.charCodeAt(at), 16_777_619);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit) => (limit <= 0 ? 0 : next() % limit);
  return { below, pick: (list) => list[below(list.length)] };
}

/** Half of all changes lie in the first kilobytes: that is where headers are. */
function place(random, size) {
  return random.below(2) === 0 ? random.below(Math.min(size, 2048)) : random.below(size);
}

const TOKENS = [
  '\0',
  '\n',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '/',
  '../',
  '\u202e',
  '\ufeff',
  '\u001b[2J',
  'ﷺ',
  'ẞ',
  '\\ud800',
  '__proto__',
  'constructor',
  'NaN',
  '1e999',
  '-1',
  '0',
  '9007199254740993',
  '18446744073709551615',
  '4294967296',
  'null',
  'true',
  '[[[[[[[[',
  '{"a":',
  'model/',
  'GGUF',
  'ustar\0',
  '77777777777\0',
  '10 path=x\n',
  'general.architecture',
  'F32',
  'data_offsets',
].map((text) => Buffer.from(text));
const BYTES = [0, 1, 0x0a, 0x20, 0x22, 0x2e, 0x2f, 0x30, 0x5c, 0x7f, 0x80, 0xff];
const WORDS = [
  0n,
  1n,
  2n,
  255n,
  65_536n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

const CHANGES = [
  (bytes, random) => {
    const at = place(random, bytes.length);
    bytes[at] ^= 1 << random.below(8);
    return bytes;
  },
  (bytes, random) => {
    bytes[place(random, bytes.length)] = random.below(2) === 0 ? random.pick(BYTES) : random.below(256);
    return bytes;
  },
  (bytes, random) => {
    const word = Buffer.alloc(8);
    word.writeBigUInt64LE(random.pick(WORDS));
    return put(bytes, place(random, bytes.length), word.subarray(0, random.pick([1, 2, 4, 8])));
  },
  (bytes, random) => put(bytes, place(random, bytes.length), random.pick(TOKENS)),
  (bytes, random) => insert(bytes, place(random, bytes.length), random.pick(TOKENS)),
  (bytes, random) => {
    const from = place(random, bytes.length);
    return Buffer.concat([
      bytes.subarray(0, from),
      bytes.subarray(from + 1 + random.below(random.pick([4, 64, 1024]))),
    ]);
  },
  (bytes, random) => {
    const from = place(random, bytes.length);
    const part = bytes.subarray(from, from + 1 + random.below(random.pick([16, 512, 4096])));
    return insert(
      bytes,
      place(random, bytes.length),
      Buffer.concat(Array.from({ length: 1 + random.below(8) }, () => part)),
    );
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random, other) => {
    const from = random.below(other.length);
    return insert(bytes, place(random, bytes.length), other.subarray(from, from + random.below(2048)));
  },
];

/** One to eight changes of a copy. */
export function mutate(seed, random, other = seed) {
  let bytes = Buffer.from(seed);
  for (let count = 1 + random.below(random.pick([1, 3, 8])); count > 0 && bytes.length > 0; count -= 1)
    bytes = random.pick(CHANGES)(bytes, random, other);
  return bytes;
}

function put(bytes, at, part) {
  part.copy(bytes, at);
  return bytes;
}

function insert(bytes, at, part) {
  return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
}
