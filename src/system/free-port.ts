/** A TCP port on loopback that nobody listens on at this moment. Another program may take it before we do: try again then. */
import { createServer } from 'node:net';

/** Lets the kernel choose, and gives the port back at once. Rejects with the system's error. */
export async function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
