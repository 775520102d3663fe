import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { requestedRange } from '#apis/http/byte-range.js';
import type { LinkedFile } from '#apis/http/long-replies.js';

/** A file on our disk that is sent, in parts too. */
export interface SentFile {
  type: string;
  bytes: number;
  headers?: Record<string, string>;
  /** Of a route without a key: who is counted. Undefined: readers with a key are counted by it. */
  byLink: LinkedFile | undefined;
  /** Both ends are included; undefined: it was deleted meanwhile. */
  open: (part: { first: number; last: number }) => Promise<Readable | undefined>;
  /** What is said then. */
  gone: () => Error;
}

/** The part that is asked for, or all of it. Nothing is said before the file is open. */
export async function sendFile(
  {
    request,
    reply,
    countReader,
  }: { request: FastifyRequest; reply: FastifyReply; countReader: (link: LinkedFile) => void },
  { type, bytes, headers = {}, byLink, open, gone }: SentFile,
): Promise<Readable> {
  if (byLink !== undefined) countReader(byLink);
  const range = requestedRange(request, bytes);
  const { first, last } = range ?? { first: 0, last: bytes - 1 };
  const part = await open({ first, last });
  if (part === undefined) throw gone();
  if (range !== undefined) void reply.code(206).header('content-range', `bytes ${first}-${last}/${bytes}`);
  void reply.type(type).headers({
    'accept-ranges': 'bytes',
    'content-length': last - first + 1,
    'cache-control': 'private, no-store',
    ...headers,
  });
  // The reply to HEAD has no body, for which the server would read all of the file.
  if (request.method === 'HEAD') part.destroy();
  return part;
}
