import type { CallbackReply, CarrierCallback } from '#carriers/carrier.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';

export interface AskedCallback extends Omit<CarrierCallback, 'url'> {
  carrierId: string;
  /** From the host on, with its query, as it came. */
  path: string;
}

/**
 * Hands a request to the connection of the carrier that made it, which proves and reads it. Resolves once what it tells
 * is written down; rejects where that fails, so that the carrier tells it again. Throws `carrier.not_found` also for
 * carriers that call nobody back.
 */
export async function answerCallback(
  core: Pick<Core, 'carriers' | 'settings'>,
  { carrierId, path, ...request }: AskedCallback,
): Promise<CallbackReply> {
  // Signed is the address as the carrier was given it, not as it came through a proxy.
  const url = `${core.settings.publicUrl}${path}`;
  const reply = await core.carriers.callback(carrierId, { ...request, url });
  if (reply === undefined) throw new CoreError('carrier.not_found', 'There is nothing at this address.');
  return reply;
}
