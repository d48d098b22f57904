/**
 * Whether the name by which a client calls this server can be the server's. A page of a stranger that makes a browser on
 * this network ask us (DNS rebinding) has to call us by a name of its own: an address is none, nor are our own names. Pure.
 */

export interface OwnNames {
  /** Of this machine, as it calls itself. */
  readonly hostname: string;
  /** Names that the operator added, in lower case. */
  readonly allowed: readonly string[];
}

/** `host`: the header as it came; undefined where a client of HTTP/1.0 sent none, which no browser does. */
export function isAllowedHost(host: string | undefined, { hostname, allowed }: OwnNames): boolean {
  if (host === undefined) return true;
  const name = toName(host);
  if (name === null) return false;
  const own = hostname.toLowerCase();
  return (
    isAddress(name) ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === own ||
    name === `${own}.local` ||
    allowed.includes(name)
  );
}

/** Whether only this machine can reach an address: `127.0.0.0/8`, `::1`, `localhost`. */
export function isLoopback(host: string): boolean {
  return /^127(?:\.\d{1,3}){3}$/.test(host) || host === '::1' || host.toLowerCase() === 'localhost';
}

/** Without the port, and without the dot that may end a name; null for what is neither name nor address. */
function toName(host: string): string | null {
  const [, name] = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::\d{1,5})?$/i.exec(host) ?? [];
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '');
}

function isAddress(name: string): boolean {
  return name.startsWith('[') || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name);
}
