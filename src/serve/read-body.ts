/** The body of a request: JSON by its content type, whole, and never more of it in memory than the limit. */
import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error.ts';
import { MAX_BODY_BYTES } from './limits.ts';

/** Throws `ApiError`. A client that breaks off rejects with its error. */
export async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const { headers } = request;
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  // A form of a stranger's page can be sent anywhere without asking, but not with this type.
  if (type.trim().toLowerCase() !== 'application/json') {
    throw new ApiError(415, 'unsupported_media_type', 'The body is sent as Content-Type: application/json.');
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw new ApiError(415, 'unsupported_encoding', 'The body is sent without Content-Encoding.');
  }
  if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  return collect(request);
}

/** What comes after a refusal is read and thrown away: a client that is still sending would not hear the answer else. */
async function collect(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  return new Promise((resolve, reject) => {
    const onData = (part: Buffer): void => {
      sizeBytes += part.length;
      parts.push(part);
      if (sizeBytes <= MAX_BODY_BYTES) return;
      request.off('data', onData);
      request.resume();
      reject(tooLarge());
    };
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(parts, sizeBytes)));
    request.once('error', reject);
  });
}

function tooLarge(): ApiError {
  return new ApiError(413, 'request_too_large', `A request has at most ${MAX_BODY_BYTES} bytes.`);
}
