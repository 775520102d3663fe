import { createHash } from 'node:crypto';
import type { Mode } from '#core/tables.js';

/** What a request with an Idempotency-Key is known by. */
export interface KeptRequest {
  accountId: string;
  mode: Mode;
  /** `POST /api/v1/calls/:id/cancel`, and of which site, where the caller reaches one only */
  route: string;
  key: string;
  /** Of everything that makes it the same request: path, query and body. */
  hash: Buffer;
}

/** What a use case keeps for a request when it does the work, and in the same transaction. */
export interface KeepWith<T> {
  request: KeptRequest;
  /** The status and the body that say what was done. */
  status: number;
  body: (done: T) => string;
}

/** For how long a repetition gets the reply of the first. */
export const KEPT_MS = 24 * 3_600_000;

/**
 * Who works on a request holds the advisory lock of this name (a bigint, as text) until the end of the transaction; a
 * process that dies lets go of it.
 */
export function lockOf({ accountId, mode, route, key }: KeptRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([accountId, mode, route, key]))
    .digest()
    .readBigInt64BE()
    .toString();
}
