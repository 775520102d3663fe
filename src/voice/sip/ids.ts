import { randomFillSync } from 'node:crypto';

/** What RFC 3261 branches begin with (section 8.1.1.7). */
export const BRANCH_COOKIE = 'z9hG4bK';

/** 96 random bits each: never guessable by someone who does not see our packets. */
export function newBranch(): string {
  return BRANCH_COOKIE + random();
}

export function newTag(): string {
  return random();
}

export function newCallId(): string {
  return random();
}

export function newCnonce(): string {
  return random();
}

const ID_BYTES = 12;
/** One system call for many ids: a call needs half a dozen. */
const pool = Buffer.alloc(100 * ID_BYTES);
let used = pool.length;

function random(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString('hex', used - ID_BYTES, used);
}
