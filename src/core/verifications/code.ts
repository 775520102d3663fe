import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import type { Core } from '#core/core.js';

/** What every simulated verification accepts (rule 17). */
export const TEST_CODE = '000000';

const CODE_SHAPE = /^[0-9]{4,10}$/;

export function isCode(text: string): boolean {
  return CODE_SHAPE.test(text);
}

/** Decimal digits, each equally likely. */
export function newCode(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('');
}

/**
 * HMAC-SHA256 (RFC 2104) of a code under a key of the installation, together with the verification's id, so that equal
 * codes have different hashes and a copy of the database tells nobody a code.
 */
export function hashCode(core: Pick<Core, 'secrets'>, id: string, code: string): Buffer {
  return createHmac('sha256', core.secrets.derive('verification codes')).update(`${id}:${code}`).digest();
}

/** Takes equally long for every wrong code. */
export function isSameCode(core: Pick<Core, 'secrets'>, id: string, code: string, hash: Buffer): boolean {
  return timingSafeEqual(hashCode(core, id, code), hash);
}
