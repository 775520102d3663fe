import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PassThrough, type Readable } from 'node:stream';
import { HttpProblem } from '#apis/http/problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes a file as it comes. */
    stream?: { mostBytes: number };
  }
}

/** Of files that are handed on. */
export const FILE_TYPES = ['text/csv', 'application/csv', 'application/octet-stream'] as const;

/** Longest silence in the middle of a file. */
const SILENCE_MS = 60_000;

/** Files of any size, for the routes that say so. */
export function acceptStreams(app: FastifyInstance): void {
  app.addContentTypeParser([...FILE_TYPES], async (request: FastifyRequest, payload: Readable) => {
    const { stream } = request.routeOptions.config;
    if (stream === undefined) {
      throw new HttpProblem('unsupported_media_type', 'The body must be JSON: send "Content-Type: application/json".');
    }
    return receiveStream(request, payload, stream.mostBytes);
  });
}

/** The body as it comes. @throws HttpProblem where its sender says at once that it is larger than `mostBytes` */
export function receiveStream(request: FastifyRequest, payload: Readable, mostBytes: number): Readable {
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) {
    throw new HttpProblem('body_too_large', `The file is larger than ${mostBytes} bytes.`);
  }
  return handedOn(payload);
}

/**
 * What comes, in a stream of its own: whoever stops reading it can still answer, for the connection lives on. It breaks
 * when the sender goes away, or is silent for too long.
 */
function handedOn(payload: Readable): Readable {
  const file = new PassThrough();
  // Also before anybody reads it; whoever then does is told.
  file.on('error', () => undefined);
  const silence = setTimeout(() => payload.destroy(), SILENCE_MS).unref();
  payload.on('data', () => silence.refresh());
  payload.once('error', () => undefined);
  payload.once('close', () => {
    clearTimeout(silence);
    if (!payload.readableEnded) file.destroy(new HttpProblem('malformed_body', 'The file ended early.'));
  });
  return payload.pipe(file);
}

/** The body of a route with `stream`. @throws HttpProblem where there is none */
export function fileOf(body: unknown): Readable {
  if (body instanceof PassThrough) return body;
  throw new HttpProblem(
    'invalid_input',
    `The body must be the file: send "Content-Type: ${FILE_TYPES[0]}", or a form with one file.`,
  );
}
