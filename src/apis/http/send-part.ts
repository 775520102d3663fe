import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { requestedRange } from '#apis/http/byte-range.js';

/** A file of sound that whoever has its link may fetch, in parts too. */
export interface SentFile {
  type: string;
  bytes: number;
  /** Both ends are included; undefined: it was deleted meanwhile. */
  open: (part: { first: number; last: number }) => Promise<Readable | undefined>;
}

/** The part that is asked for, or all of it; undefined where the file is gone, before anything was said. */
export async function sendPart(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { type, bytes, open }: SentFile,
): Promise<Readable | undefined> {
  const range = requestedRange(request, bytes);
  const { first, last } = range ?? { first: 0, last: bytes - 1 };
  const part = await open({ first, last });
  if (part === undefined) return undefined;
  if (range !== undefined) void reply.code(206).header('content-range', `bytes ${first}-${last}/${bytes}`);
  void reply.type(type).headers({
    'accept-ranges': 'bytes',
    'content-length': last - first + 1,
    'cache-control': 'private, no-store',
  });
  return part;
}
