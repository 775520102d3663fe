import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { fileInForm } from '#apis/http/file-in-form.js';
import { receiveStream } from '#apis/http/stream-body.js';
import { keepBodyHash, refuseUnstorable } from '#apis/http/json-body.js';
import { HttpProblem } from '#apis/http/problem.js';

/** A file in a form. Text fields are strings beside it. */
export interface UploadedFile {
  filename: string;
  bytes: Uint8Array;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes multipart/form-data. */
    form?: boolean;
  }
}

/** Before Node's reader, which takes as many as there are: a hundred thousand keep everybody else waiting for seconds. */
const MOST_PARTS = 100;

/** Forms with files (RFC 7578), for the routes that say so. Of fields with one name the last counts. */
export function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser('multipart/form-data', async (request: FastifyRequest, payload: Readable) => {
    const { form, stream } = request.routeOptions.config;
    const contentType = request.headers['content-type'] ?? '';
    if (stream !== undefined) return fileInForm(receiveStream(request, payload, stream.mostBytes), contentType);
    if (form !== true) {
      throw new HttpProblem('unsupported_media_type', 'The body must be JSON: send "Content-Type: application/json".');
    }
    const bytes = await wholeBody(payload, request.routeOptions.bodyLimit);
    const fields: Record<string, string | UploadedFile> = {};
    // Not of the bytes: each sending has another boundary.
    const hash = createHash('sha256');
    for (const [name, value] of await readForm(bytes, contentType)) {
      const content =
        typeof value === 'string' ? value : { filename: value.name, bytes: new Uint8Array(await value.arrayBuffer()) };
      refuseUnstorable([name, typeof content === 'string' ? content : content.filename]);
      hash.update(JSON.stringify([name, typeof content === 'string' ? content : content.filename]));
      if (typeof content !== 'string') hash.update(content.bytes);
      Object.defineProperty(fields, name, { value: content, enumerable: true, configurable: true, writable: true });
    }
    keepBodyHash(request, hash.digest());
    return fields;
  });
}

async function wholeBody(payload: Readable, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Whoever stops reading can still answer.
  for await (const chunk of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new HttpProblem('body_too_large', 'The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function readForm(bytes: Buffer, contentType: string): Promise<FormData> {
  if (hasTooManyParts(bytes)) {
    throw new HttpProblem('malformed_body', `The form has more than ${MOST_PARTS} parts.`);
  }
  try {
    // Node's own reader of forms.
    return await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw new HttpProblem('malformed_body', 'The body is not a form (multipart/form-data) that can be read.');
  }
}

/** Each part names itself in this header (RFC 7578, 4.2); the reader takes none without. */
function hasTooManyParts(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  const header = /content-disposition:/gi;
  let parts = 0;
  while (parts <= MOST_PARTS && header.test(text)) parts++;
  return parts > MOST_PARTS;
}
