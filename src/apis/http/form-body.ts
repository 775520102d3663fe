import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
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

/** Forms with files (RFC 7578), for the routes that say so. Of fields with one name the last counts. */
export function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      if (request.routeOptions.config.form !== true) {
        throw new HttpProblem(
          'unsupported_media_type',
          'The body must be JSON: send "Content-Type: application/json".',
        );
      }
      const fields: Record<string, string | UploadedFile> = {};
      // Not of the bytes: each sending has another boundary.
      const hash = createHash('sha256');
      for (const [name, value] of await readForm(bytes, request.headers['content-type'] ?? '')) {
        const content =
          typeof value === 'string'
            ? value
            : { filename: value.name, bytes: new Uint8Array(await value.arrayBuffer()) };
        refuseUnstorable([name, typeof content === 'string' ? content : content.filename]);
        hash.update(JSON.stringify([name, typeof content === 'string' ? content : content.filename]));
        if (typeof content !== 'string') hash.update(content.bytes);
        Object.defineProperty(fields, name, { value: content, enumerable: true, configurable: true, writable: true });
      }
      keepBodyHash(request, hash.digest());
      return fields;
    },
  );
}

async function readForm(bytes: Buffer, contentType: string): Promise<FormData> {
  try {
    // Node's own reader of forms.
    return await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw new HttpProblem('malformed_body', 'The body is not a form (multipart/form-data) that can be read.');
  }
}
