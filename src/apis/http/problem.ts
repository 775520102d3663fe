/** What can go wrong before, around and instead of a handler, whatever the door. */
export const PROBLEM_STATUSES = {
  unauthorized: 401,
  forbidden_scope: 403,
  forbidden_role: 403,
  api_disabled: 403,
  not_found: 404,
  method_not_allowed: 405,
  malformed_body: 400,
  invalid_input: 400,
  bad_url: 400,
  body_too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  idempotency_key_invalid: 400,
  idempotency_in_flight: 409,
  idempotency_mismatch: 422,
  rate_limited: 429,
  internal_error: 500,
  unavailable: 503,
} as const satisfies Record<string, number>;

export type ProblemCode = keyof typeof PROBLEM_STATUSES;

/** An error as a door writes it. */
export interface Problem {
  status: number;
  /** A `ProblemCode`, or the door's own code for a refusal of core. */
  code: string;
  /** A sentence for the person outside. */
  message: string;
  /** The input at fault, in the door's words: `dtmf.1.action`. */
  field?: string;
  /** All that is at fault, `field` among it, for doors that tell everything at once. */
  faults?: readonly Fault[];
  requestId: string;
}

/** What is wrong with one field. */
export interface Fault {
  field: string;
  /** A sentence. */
  message: string;
  /** Of what is wrong already before its value is looked at. */
  kind?: 'missing' | 'unknown';
}

export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly field: string | undefined;
  readonly faults: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly code: ProblemCode,
    message: string,
    details: { field?: string; faults?: readonly Fault[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.field = details.field;
    this.faults = details.faults ?? (details.field === undefined ? [] : [{ field: details.field, message }]);
    this.headers = details.headers ?? {};
  }
}
