import { LOOPBACK, type IncomingText } from '#carriers/carrier.js';
import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { assemble, takeLateParts } from '#core/messages/incoming-parts.js';
import { storable } from '#core/messages/storable-text.js';
import { takeInText, type ReceivingCore } from '#core/messages/take-in-text.js';
import { findTextedAccount, findOwner } from '#core/messages/texted-account.js';

/**
 * Takes in a text from outside, or a part of one: what a carrier tells twice under one id is one text, parts are joined,
 * and the text goes to the account that owns the number, with what its words mean (rule 4). Rejects when it could not be
 * written down; the carrier tells it again then. A text to a number that nobody owns is kept nowhere.
 */
export async function receiveMessage(
  core: ReceivingCore & Pick<Core, 'wake' | 'log'>,
  carrierId: string,
  told: IncomingText,
): Promise<void> {
  const at = new Date(core.clock.now());
  const incoming = storable(told);
  const done = await inTransaction(core.db, async (tx) => {
    const account = await findTextedAccount(tx, carrierId === LOOPBACK ? 'test' : 'live', incoming);
    if (account === undefined) return 'for nobody';
    if (incoming.theirId !== undefined) {
      // Whoever tells the same at the same time waits here until it is written.
      const { numInsertedOrUpdatedRows: isNew = 0n } = await tx
        .insertInto('incoming_ids')
        .values({ carrier_id: carrierId, their_id: incoming.theirId, received_at: at })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow();
      if (isNew === 0n) return 'known';
    }
    for (const text of await assemble(tx, carrierId, account, incoming, at)) {
      await takeInText(core, tx, { ...text, carrierId, account }, at);
    }
    return 'taken in';
  });
  if (done === 'for nobody') {
    core.log.warn({ carrier: carrierId, to: incoming.to }, 'a text came for a number that nobody owns');
  } else if (done === 'taken in') {
    core.wake.deliveries();
    core.wake.messages();
    core.wake.attachments();
  }
}

/** How often the platform looks for parts whose others do not come, milliseconds. */
export const LATE_PARTS_EVERY_MS = 60_000;

/** Parts whose others did not come within a day become a text as they are. Says how many texts there were. */
export async function receiveLateParts(core: ReceivingCore & Pick<Core, 'wake' | 'log'>): Promise<number> {
  let received = 0;
  for (;;) {
    const at = new Date(core.clock.now());
    const done = await inTransaction(core.db, async (tx) => {
      const late = await takeLateParts(tx, at);
      if (late === undefined) return false;
      const account = await findOwner(tx, late);
      // The number was given up meanwhile, or is another's now.
      if (account !== undefined) await takeInText(core, tx, { ...late, account }, at);
      return true;
    });
    if (!done) break;
    received += 1;
  }
  if (received > 0) {
    core.wake.deliveries();
    core.wake.messages();
  }
  return received;
}
