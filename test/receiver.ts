import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyWebhook } from '#core/webhooks/index.js';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  body: Record<string, unknown>;
}

export interface Receiver {
  /** Without a trailing slash. */
  url: string;
  received: Received[];
  /**
   * The status of the next answers; 200 unless told otherwise. Undefined: the connection is cut. `never`: nothing is
   * answered until told what.
   */
  answer: (status: number | 'never' | undefined) => void;
  /** What the answers that are 200 say. */
  answerWith: (text: string) => void;
  /** The bodies with this event name. */
  events(name: string): Record<string, unknown>[];
  /** Whether the signature of everything received fits. */
  allSigned(secret: string): boolean;
  /** Resolves when something received fits; rejects after `withinMs` of real time, saying what came. */
  waitFor(fits: (received: Received) => boolean, withinMs?: number): Promise<Received>;
  close(): Promise<void>;
}

/** Somebody's web application: keeps what is posted to it. */
export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const watchers = new Set<() => void>();
  let status: number | 'never' | undefined = 200;
  let said = 'ok';
  const unanswered = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
      received.push({ path: request.url ?? '', headers: request.headers, text, body });
      const reply = (): void => {
        if (status === 'never') unanswered.add(reply);
        else if (status === undefined) request.socket.destroy();
        else response.writeHead(status).end(status === 200 ? said : 'not now');
      };
      reply();
      for (const watcher of [...watchers]) watcher();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    answer: (next) => {
      status = next;
      const waiting = [...unanswered];
      unanswered.clear();
      for (const reply of waiting) reply();
    },
    answerWith: (text) => {
      said = text;
    },
    events: (name) => received.map(({ body }) => body).filter((body) => body['event'] === name),
    allSigned: (secret) =>
      received.length > 0 &&
      received.every(({ headers, text }) => verifyWebhook(headers as Record<string, string>, text, secret)),
    waitFor: (fits, withinMs = 20_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(
            new Error(`not received within ${withinMs} ms; received: ${received.map(({ text }) => text).join('\n')}`),
          );
        }, withinMs);
        const look = (): void => {
          const found = received.find(fits);
          if (found === undefined) return;
          clearTimeout(timer);
          watchers.delete(look);
          resolve(found);
        };
        watchers.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
