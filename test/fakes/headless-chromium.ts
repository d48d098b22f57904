/** A real browser without a window, driven over a pipe (Chrome DevTools Protocol): null bytes end the messages. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where the browser lies; null where there is none. */
export function findChromium(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface View {
  readonly width: number;
  readonly scheme: 'light' | 'dark';
  readonly media?: 'screen' | 'print';
}

export interface Clip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface OpenedPage {
  /** Messages of the console and of the policy, exceptions, and whatever was asked of the network beside the page itself. */
  readonly troubles: readonly string[];
  evaluate<T>(expression: string): Promise<T>;
  show(view: View): Promise<void>;
  /** A PNG, in pixels of the page. */
  screenshot(clip: Clip): Promise<Buffer>;
}

/** Opens one page after the other; ends the browser, and removes its profile, at the end. */
export async function withChromium<T>(
  path: string,
  use: (open: (url: string, view: View) => Promise<OpenedPage>) => Promise<T>,
): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), 'milton-chromium-'));
  const child = spawn(
    path,
    [
      '--headless',
      '--remote-debugging-pipe',
      // Everything that it opens is ours, and tests may run as root.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-extensions',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      `--user-data-dir=${profile}`,
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    const connection = connect(child);
    return await use((url, view) => openPage(connection, url, view));
  } finally {
    child.kill('SIGKILL');
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

type Answer = Readonly<Record<string, unknown>>;

interface Connection {
  send(method: string, params?: object, sessionId?: string): Promise<Answer>;
  listen(sessionId: string, listener: (method: string, params: Answer) => void): void;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Answer;
  readonly result?: Answer;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

function connect(child: ChildProcess): Connection {
  const toBrowser = child.stdio[3] as Writable;
  const fromBrowser = child.stdio[4] as Readable;
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  const listeners = new Map<string, (method: string, params: Answer) => void>();
  let buffered = '';
  let lastId = 0;
  const fail = (): void => {
    for (const { reject } of waiting.values()) reject(new Error('The browser ended.'));
    waiting.clear();
  };
  child.once('error', fail).once('close', fail);
  toBrowser.on('error', fail);
  fromBrowser.setEncoding('utf8').on('data', (text: string) => {
    buffered += text;
    const messages = buffered.split('\0');
    buffered = messages.pop() ?? '';
    for (const message of messages) receive(JSON.parse(message) as Message);
  });
  function receive({ id, method, params = {}, result = {}, error, sessionId }: Message): void {
    if (id === undefined) {
      if (method !== undefined) listeners.get(sessionId ?? '')?.(method, params);
      return;
    }
    const asker = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asker?.resolve(result);
    else asker?.reject(new Error(error.message));
  }
  return {
    send: (method, params = {}, sessionId) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        toBrowser.write(`${JSON.stringify({ id: lastId, method, params, sessionId })}\0`);
      }),
    listen: (sessionId, listener) => listeners.set(sessionId, listener),
  };
}

async function openPage({ send, listen }: Connection, url: string, view: View): Promise<OpenedPage> {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const attached = await send('Target.attachToTarget', { targetId, flatten: true });
  const session = attached['sessionId'] as string;
  const call = async (method: string, params?: object): Promise<Answer> => send(method, params, session);
  const troubles: string[] = [];
  let onLoad = (): void => undefined;
  const loaded = new Promise<void>((resolve) => (onLoad = resolve));
  listen(session, (method, params) => {
    const { request, entry } = params as { request?: { url: string }; entry?: { text: string } };
    if (method === 'Page.loadEventFired') onLoad();
    if (method === 'Log.entryAdded') troubles.push(`log: ${entry?.text ?? ''}`);
    if (method === 'Runtime.consoleAPICalled' || method === 'Runtime.exceptionThrown') {
      troubles.push(`${method}: ${JSON.stringify(params).slice(0, 300)}`);
    }
    if (method === 'Page.javascriptDialogOpening') {
      troubles.push('a dialog opened');
      void call('Page.handleJavaScriptDialog', { accept: true });
    }
    // What is written into the page itself is not asked of anybody.
    const asked = request?.url ?? '';
    if (method === 'Network.requestWillBeSent' && asked !== url && !asked.startsWith('data:')) {
      troubles.push(`request: ${asked}`);
    }
  });
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await call(`${domain}.enable`);
  const show = async ({ width, scheme, media = 'screen' }: View): Promise<void> => {
    await call('Emulation.setDeviceMetricsOverride', {
      width,
      height: 900,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await call('Emulation.setEmulatedMedia', {
      media,
      features: [{ name: 'prefers-color-scheme', value: scheme }],
    });
  };
  await show(view);
  await call('Page.navigate', { url });
  await loaded;
  return {
    troubles,
    show,
    async evaluate<T>(expression: string) {
      const { result, exceptionDetails } = await call('Runtime.evaluate', {
        expression,
        returnByValue: true,
      });
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return (result as { readonly value: T }).value;
    },
    async screenshot(clip) {
      const { data } = await call('Page.captureScreenshot', {
        format: 'png',
        captureBeyondViewport: true,
        clip: { ...clip, scale: 1 },
      });
      return Buffer.from(data as string, 'base64');
    },
  };
}
