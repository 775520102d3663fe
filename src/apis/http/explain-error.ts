import type { FastifyError } from 'fastify';
import type { DoorBase } from '#apis/http/door.js';
import { isDatabaseAway } from '#apis/http/database-away.js';
import { HttpProblem, PROBLEM_STATUSES, type Problem, type ProblemCode } from '#apis/http/problem.js';
import { isDiskFull } from '#core/disk/index.js';
import { CoreError } from '#core/errors.js';

export interface Explained {
  problem: Problem;
  headers: Readonly<Record<string, string>>;
  /** It is our trouble, to be logged; the problem says nothing of what it was. */
  defect: boolean;
}

/** What a door says of anything that was thrown. */
export function explainError(
  error: unknown,
  door: Pick<DoorBase<never>, 'refusals' | 'problems' | 'fieldNames'>,
  requestId: string,
): Explained {
  if (error instanceof CoreError) {
    const refusal = door.refusals[error.code];
    if (refusal !== undefined) {
      const field = error.field === undefined ? undefined : inWordsOf(door, error.field, nounOf(error));
      return {
        problem: {
          ...refusal,
          message: error.message,
          ...(field === undefined ? {} : { field }),
          ...faultsOf(door, error, field),
          requestId,
        },
        headers:
          error.retryAfterSeconds === undefined ? {} : { 'retry-after': `${Math.ceil(error.retryAfterSeconds)}` },
        defect: false,
      };
    }
  }
  const away = isDatabaseAway(error) && !isBrokenBody(error);
  const full = isDiskFull(error);
  const known = full ? diskFull() : away ? databaseAway() : error instanceof HttpProblem ? error : fromFastify(error);
  const { code, message, field, faults, headers } =
    known ?? new HttpProblem('internal_error', 'Something went wrong on our side; it was logged under the request id.');
  const problem = {
    status: PROBLEM_STATUSES[code],
    code,
    ...door.problems?.[code],
    message,
    ...(field === undefined ? {} : { field }),
    ...(faults.length === 0 ? {} : { faults }),
    requestId,
  };
  return { problem, headers, defect: full || away || known === undefined };
}

/** `keys.1.url` -> `dtmf.1.url`: the first step, in a list the one after its place, is core's word; others are the client's. */
function inWordsOf({ fieldNames = {} }: Pick<DoorBase<never>, 'fieldNames'>, field: string, noun: string): string {
  const steps = field.split('.');
  const at = /^\[[0-9]+\]$/.test(steps[0] ?? '') ? 1 : 0;
  return steps.map((step, index) => (index === at ? wordOf(fieldNames, step, noun) : step)).join('.');
}

/** What one feature calls so may have another name than what others do. */
function wordOf(fieldNames: Record<string, string>, word: string, noun: string): string {
  return fieldNames[`${noun}:${word}`] ?? fieldNames[word] ?? word;
}

function nounOf({ code }: CoreError): string {
  return code.split('.')[0] ?? '';
}

/** Paths of core's problems lead through many things, so that every step of theirs may be core's word. */
function faultsOf(
  { fieldNames = {} }: Pick<DoorBase<never>, 'fieldNames'>,
  error: CoreError,
  field: string | undefined,
): Pick<Problem, 'faults'> {
  const { message, problems } = error;
  if (problems.length > 0) {
    const noun = nounOf(error);
    const translated = (path: string): string => path.replace(/[A-Za-z_]+/g, (word) => wordOf(fieldNames, word, noun));
    return { faults: problems.map((problem) => ({ field: translated(problem.path), message: problem.message })) };
  }
  return field === undefined ? {} : { faults: [{ field, message }] };
}

const FASTIFY_PROBLEMS: Record<string, [ProblemCode, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is too large.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported_media_type',
    'The body must be JSON: send "Content-Type: application/json".',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed_body', 'The body is not as long as Content-Length says.'],
  FST_ERR_BAD_URL: ['bad_url', 'The address cannot be read.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'There is nothing here.'],
};

function fromFastify(error: unknown): HttpProblem | undefined {
  const { code = '' } = (error ?? {}) as Partial<FastifyError>;
  const known = FASTIFY_PROBLEMS[code];
  if (known !== undefined) return new HttpProblem(...known);
  // Nobody reads this, and it is no defect of ours.
  if (isBrokenBody(error)) return new HttpProblem('malformed_body', 'The body ended early.');
  return undefined;
}

/** The client went away in the middle of its body. */
function isBrokenBody(error: unknown): boolean {
  const { code, statusCode } = (error ?? {}) as Partial<FastifyError>;
  return code === 'ECONNRESET' && statusCode === 400;
}

function databaseAway(): HttpProblem {
  return new HttpProblem('unavailable', 'The database does not answer; try again in a moment.', {
    headers: { 'retry-after': '5' },
  });
}

function diskFull(): HttpProblem {
  return new HttpProblem('unavailable', 'There is no room left on our disk; nothing was kept.', {
    headers: { 'retry-after': '60' },
  });
}
