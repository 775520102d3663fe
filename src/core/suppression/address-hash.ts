import { createHmac } from 'node:crypto';
import type { SecretBox } from '#core/secret-box.js';

/** Makes the keyed hashes of addresses, for as many as one likes. */
export type AddressHash = (address: string) => Buffer;

/**
 * HMAC-SHA256 (RFC 2104) under a key of the installation: it tells nobody without the key whose address it was, and
 * the same address is known again.
 */
export function addressHash(secrets: Pick<SecretBox, 'derive'>): AddressHash {
  const key = secrets.derive('suppression');
  return (address) => createHmac('sha256', key).update(address).digest();
}
