import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Core } from '#core/core.js';
import type { Site } from '#core/sites/index.js';

/**
 * Whether the shop vouches for an address: the hexadecimal HMAC-SHA256 of it in lower case, with the site's security key
 * (RFC 2104).
 */
export async function isSignedIdentity(
  core: Pick<Core, 'db' | 'secrets'>,
  site: Pick<Site, 'id'>,
  email: string,
  hash: string,
): Promise<boolean> {
  const { security_key_encrypted: sealed } = await core.db
    .selectFrom('sites')
    .select('security_key_encrypted')
    .where('id', '=', site.id)
    .executeTakeFirstOrThrow();
  const expected = createHmac('sha256', core.secrets.open(sealed)).update(email.trim().toLowerCase()).digest();
  const given = Buffer.from(/^[0-9a-f]{64}$/i.test(hash) ? hash : '', 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
