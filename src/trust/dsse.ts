/** The bytes that a DSSE signature is over (secure-systems-lab/dsse v1.0.0, protocol.md). Pure. */

/** The only payload type that is ever signed or believed here. */
export const IN_TOTO_PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** `DSSEv1 SP LEN(type) SP type SP LEN(payload) SP payload`: lengths in bytes, in decimal. */
export function preAuthenticationEncoding(
  payload: Uint8Array,
  { payloadType = IN_TOTO_PAYLOAD_TYPE }: { readonly payloadType?: string } = {},
): Uint8Array {
  const type = Buffer.from(payloadType, 'utf8');
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `, 'latin1'),
    type,
    Buffer.from(` ${payload.length} `, 'latin1'),
    payload,
  ]);
}

/**
 * What model-signing v0.2.0 signed by mistake: another magic word, and the payload as Python prints bytes. Only ever used to
 * say why a signature is refused.
 */
export function historicEncoding(payload: Uint8Array): Uint8Array {
  const type = IN_TOTO_PAYLOAD_TYPE;
  return Buffer.from(`DSSEV1 ${type.length} ${type} ${payload.length} ${pythonBytes(payload)}`, 'latin1');
}

/** `repr(bytes)`: double quotes only where there are single ones and no double ones inside. */
function pythonBytes(bytes: Uint8Array): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'";
  const parts = Array.from(bytes, (byte) => pythonByte(byte, quote));
  return `b${quote}${parts.join('')}${quote}`;
}

function pythonByte(byte: number, quote: string): string {
  const character = String.fromCharCode(byte);
  if (character === '\\' || character === quote) return `\\${character}`;
  if (byte >= 0x20 && byte < 0x7f) return character;
  const short = { 0x09: '\\t', 0x0a: '\\n', 0x0d: '\\r' }[byte];
  return short ?? `\\x${byte.toString(16).padStart(2, '0')}`;
}
