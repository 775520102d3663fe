import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';

const JSON_LINES = 'application/x-ndjson';

/** Documents that wait for a reader who does not read; more are dropped rather than kept for ever. */
const WAITING_MAX = 1_000;

/** A reply of one JSON document a line, each sent when it comes. */
export function replyInLines(reply: FastifyReply, documents: AsyncIterable<unknown>): Readable {
  void reply.type(JSON_LINES);
  return Readable.from(asLines(documents));
}

async function* asLines(documents: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const document of documents) yield `${JSON.stringify(document)}\n`;
}

/**
 * A reply of what `subscribe` gives from now on, until the reader goes or the server closes. `subscribe` returns the
 * end of the subscription.
 */
export function replyFromNowOn<Document>(
  reply: FastifyReply,
  closing: AbortSignal,
  subscribe: (give: (document: Document) => void) => () => void,
): Readable {
  void reply.type(JSON_LINES);
  const lines = new Readable({ objectMode: true, highWaterMark: WAITING_MAX, read: () => undefined });
  const unsubscribe = subscribe((document) => {
    if (lines.readableLength < WAITING_MAX) lines.push(`${JSON.stringify(document)}\n`);
  });
  const end = (): void => void lines.push(null);
  closing.addEventListener('abort', end, { once: true });
  lines.once('close', () => {
    unsubscribe();
    closing.removeEventListener('abort', end);
  });
  return lines;
}
