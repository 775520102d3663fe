import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Core } from '#core/core.js';
import type { Offer } from '#core/offers/index.js';

/** How long a page is open to whoever proved to be the advocate. */
const SECONDS = 86_400;
const MAC_BYTES = 18;

type Parts = Pick<Core, 'secrets' | 'clock'>;

/**
 * Shows that the shop vouches for who looks at an advocate's page: letters are sent from it then. Whoever has the link of
 * an offer alone, as all friends do, sends none in the advocate's name.
 */
export function advocateToken(core: Parts, offer: Pick<Offer, 'id'>): string {
  const until = Math.ceil(core.clock.now() / 1000) + SECONDS;
  return `${until}.${macOf(core, offer, until)}`;
}

export function isAdvocateToken(core: Parts, offer: Pick<Offer, 'id'>, token: string): boolean {
  const [until = '', mac = ''] = token.split('.', 2);
  if (!/^\d{1,12}$/.test(until) || Number(until) * 1000 < core.clock.now()) return false;
  const expected = Buffer.from(macOf(core, offer, Number(until)));
  const given = Buffer.from(mac);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function macOf({ secrets }: Parts, { id }: Pick<Offer, 'id'>, until: number): string {
  const mac = createHmac('sha256', secrets.derive('pages of advocates')).update(`${id}.${until}`).digest();
  return mac.subarray(0, MAC_BYTES).toString('base64url');
}
