import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { checkVisitor, linkVisitor } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

/** From the link of an offer to a page of the shop: as long as somebody may read the page with their code. */
const ARRIVES_WITHIN_MS = 1_800_000;

type Parts = Pick<Core, 'clock' | 'secrets'>;

/** What a friend takes along to the shop, which says by which claim they come, and nothing of the browser. */
export function arrivalToken({ clock, secrets }: Parts, claim: { id: number }): string {
  return secrets.seal(JSON.stringify(['arrival', claim.id, clock.now()])).toString('base64url');
}

/**
 * A friend has come to a page of the shop, which knows their browser by a UUID of its own: the claim is that browser's from
 * now on. A claim is one browser's, so that whoever passes such a link on makes nobody else's browser theirs. Gives whether
 * it was so.
 * @throws CoreError `visitor.bad_input`
 */
export async function arrive(
  core: Parts & Pick<Core, 'db'>,
  site: Site,
  { token, visitor }: { token: string; visitor: string },
): Promise<boolean> {
  const claimId = readToken(core, token);
  if (claimId === undefined) return false;
  const uuid = checkVisitor(visitor);
  return inTransaction(core.db, async (tx) => {
    const taken = await tx
      .updateTable('offer_claims')
      .set({ shop_visitor: uuid })
      .where('id', '=', claimId)
      .where('site_id', '=', site.id)
      .where('shop_visitor', 'is', null)
      .executeTakeFirst();
    if (taken.numUpdatedRows === 0n) return false;
    await linkVisitor(tx, site, uuid, null, new Date(core.clock.now()));
    return true;
  });
}

function readToken({ clock, secrets }: Parts, token: string): number | undefined {
  try {
    const [purpose, claimId, issued] = JSON.parse(secrets.open(Buffer.from(token, 'base64url'))) as unknown[];
    if (purpose !== 'arrival' || typeof claimId !== 'number' || typeof issued !== 'number') return undefined;
    return issued + ARRIVES_WITHIN_MS > clock.now() ? claimId : undefined;
  } catch {
    return undefined;
  }
}
