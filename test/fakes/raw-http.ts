/** HTTP by hand over a socket, for what no client library would send. */
import { connect, type Socket } from 'node:net';

export interface RawConnection {
  readonly socket: Socket;
  send(text: string | Uint8Array): void;
  /** Everything that came so far. */
  received(): string;
  /** Fulfilled once a text has come; rejects where the connection ends before. */
  until(text: string | RegExp): Promise<string>;
  /** Fulfilled with all of it when the server has ended the connection. */
  readonly ended: Promise<string>;
}

export async function rawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => (text += part));
  const ended = new Promise<string>((resolve) => socket.on('close', () => resolve(text)));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    socket,
    ended,
    send: (part) => void socket.write(part),
    received: () => text,
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) resolve(text);
        };
        socket.on('data', look);
        socket.on('close', () => reject(new Error(`The connection ended after: ${text}`)));
        look();
      }),
  };
}

/** A POST with a JSON body. */
export function rawPost(path: string, body: unknown, headers = ''): string {
  const text = JSON.stringify(body);
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n${headers}\r\n${text}`;
}
