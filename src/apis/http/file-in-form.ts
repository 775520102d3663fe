import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { PassThrough, type Readable } from 'node:stream';
import { HttpProblem } from '#apis/http/problem.js';

/** Fields beside the file are read past; they are few and short. */
const LIMITS = { files: 1, fields: 20, fieldSize: 10_000, fieldNameSize: 100, headerPairs: 20 } as const;

const ONE_FILE = 'The form must have exactly one file: curl -F file=@people.csv.';

/**
 * The one file of a form (RFC 7578) as it comes, whatever its field is called. It breaks where the form ends early, has
 * no file or another one, so that whoever keeps it keeps nothing.
 */
export function fileInForm(payload: Readable, contentType: string): Readable {
  const content = new PassThrough();
  // Also before anybody reads it; whoever then does is told.
  content.on('error', () => undefined);
  const reader = readerOf(contentType);
  let files = 0;
  let told = false;
  const refuse = (message: string): void => {
    if (told) return;
    told = true;
    content.destroy(new HttpProblem('malformed_body', message));
    payload.unpipe(reader);
    payload.resume();
  };
  reader.on('file', (_field, file) => {
    files += 1;
    file.on('error', () => refuse('The form ended early.'));
    // Its end is the end of the form: another file may still come, and then none is kept.
    if (files === 1) file.pipe(content, { end: false });
    else file.resume();
  });
  reader.on('filesLimit', () => refuse(ONE_FILE));
  reader.on('fieldsLimit', () => refuse(`The form has more than ${LIMITS.fields} fields.`));
  reader.on('error', () => refuse('The body is not a form (multipart/form-data) that can be read.'));
  reader.on('finish', () => (files === 1 ? content.end() : refuse(ONE_FILE)));
  payload.on('error', () => refuse('The form ended early.'));
  // Whoever stops reading the file still answers: the rest of the form is read past.
  content.on('close', () => {
    payload.unpipe(reader);
    payload.resume();
  });
  payload.pipe(reader);
  return content;
}

function readerOf(contentType: string): BusboyInstance {
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits: LIMITS });
  } catch {
    throw new HttpProblem('malformed_body', 'The form does not say what stands between its parts (boundary).');
  }
}
