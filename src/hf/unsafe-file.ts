/**
 * Tells files that run code when they are loaded: Python pickles, by name and by their first bytes, so that a renamed one
 * is found too.
 */

/** How many first bytes {@link findUnsafeReason} looks at. */
export const UNSAFE_HEAD_BYTES = 512;

// The names under which torch.save, joblib and dill write.
const PICKLE_EXTENSIONS = /\.(bin|pt|pth|pkl|pickle|p|ckpt|joblib|dill|npy|npz)$/i;
const SAFETENSORS_EXTENSION = /\.safetensors$/i;

/** Why this file must not ship, or null. `head` holds its first {@link UNSAFE_HEAD_BYTES} bytes, or all. */
export function findUnsafeReason(path: string, head: Uint8Array): string | null {
  const extension = PICKLE_EXTENSIONS.exec(path)?.[1]?.toLowerCase();
  if (extension !== undefined) return `a .${extension} file, which may run code when it is loaded (pickle)`;
  // The length in front of a safetensors header may look like a pickle's first bytes; its own check is exact.
  if (SAFETENSORS_EXTENSION.test(path)) return null;
  if (startsWith(head, [0x50, 0x4b, 0x03, 0x04]))
    return 'a ZIP archive, as torch.save writes it (pickle inside)';
  if (isBinaryPickle(head)) return 'a Python pickle, which may run code when it is loaded';
  if (isTextPickle(head)) return 'a Python pickle (protocol 0), which may run code when it is loaded';
  return null;
}

/** Pickle protocols 2–5 begin with PROTO (0x80) and the version; then an opcode follows (CPython, pickletools.py). */
function isBinaryPickle(head: Uint8Array): boolean {
  const [proto, version, opcode] = head;
  if (proto !== 0x80 || version === undefined || version < 2 || version > 5) return false;
  return (
    opcode !== undefined &&
    (opcode >= 0x80
      ? opcode <= 0x98
      : /[(.012FG-NP-VX\]abcde-jloqrstu})BC]/.test(String.fromCharCode(opcode)))
  );
}

/** Protocol 0 has no magic; one that does harm names a module and a function at once: `cposix\nsystem\n(`. */
function isTextPickle(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head);
  return /^[(\]})]*c[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n[(\]})pq.NIVSR]/.test(text);
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}
