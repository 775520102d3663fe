import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { findObject } from '#core/routing/index.js';
import { untilWritten } from '#core/until-written.js';
import type { VoicemailOwner } from '#core/voicemail/voice-message.js';

export const PIN_PATTERN = '^[0-9]{4,10}$';
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** A PIN of four digits is guessed from its hash whatever it costs; who has the database has the messages. */
const COST = { N: 16_384, r: 8, p: 1 };

/** After so many wrong ones in a row nobody is asked any more, for a while that doubles with each further one. */
export const PIN_FAILURES = 10;
const FIRST_LOCK_MS = 5 * 60_000;
const LONGEST_LOCK_MS = 24 * 3_600_000;

export type PinVerdict = 'right' | 'wrong' | 'locked' | 'none';

/** Sets the PIN of a mailbox, or takes it away (null): then it cannot be opened by phone. @throws CoreError `voicemail.bad_input` */
export async function setMailboxPin(
  core: Pick<Core, 'db' | 'clock'>,
  input: VoicemailOwner & { mailboxId: number; pin: string | null; actor: string },
): Promise<void> {
  const { accountId, mode, mailboxId, pin, actor } = input;
  const at = new Date(core.clock.now());
  if (pin !== null && !new RegExp(PIN_PATTERN).test(pin)) {
    throw new CoreError('voicemail.bad_input', 'A PIN has 4 to 10 digits.', { field: 'pin' });
  }
  const hash = pin === null ? undefined : await hashPin(pin, randomBytes(SALT_BYTES));
  await inTransaction(core.db, async (tx) => {
    await findObject({ db: tx }, input, 'mailbox', mailboxId);
    await tx.deleteFrom('mailbox_pins').where('mailbox_id', '=', mailboxId).execute();
    if (hash !== undefined) {
      await tx
        .insertInto('mailbox_pins')
        .values({ mailbox_id: mailboxId, account_id: accountId, pin_hash: hash, updated_at: at })
        .execute();
    }
    const action = pin === null ? 'mailbox.remove_pin' : 'mailbox.set_pin';
    await recordAudit(tx, { accountId, actor, action, subject: String(mailboxId), details: { mode }, at });
  });
}

export async function hasPin(core: Pick<Core, 'db'>, mailboxIds: readonly number[]): Promise<Set<number>> {
  if (mailboxIds.length === 0) return new Set();
  const rows = await core.db
    .selectFrom('mailbox_pins')
    .select('mailbox_id')
    .where('mailbox_id', 'in', [...mailboxIds])
    .execute();
  return new Set(rows.map(({ mailbox_id }) => mailbox_id));
}

/** Whether asking for a PIN can lead to anything now. */
export async function pinState(
  core: Pick<Core, 'db' | 'clock'>,
  { accountId, mailboxId }: VoicemailOwner & { mailboxId: number },
): Promise<'set' | 'none' | 'locked'> {
  const row = await core.db
    .selectFrom('mailbox_pins')
    .select('locked_until')
    .where('mailbox_id', '=', mailboxId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  if (row === undefined) return 'none';
  return row.locked_until !== null && row.locked_until.getTime() > core.clock.now() ? 'locked' : 'set';
}

/** What was pressed at a phone. Wrong ones count over all calls; the lock is told to the operator and in the audit log. */
export async function checkMailboxPin(
  core: Pick<Core, 'db' | 'clock' | 'log'>,
  { accountId, mode, mailboxId, pin }: VoicemailOwner & { mailboxId: number; pin: string },
): Promise<PinVerdict> {
  const row = await core.db
    .selectFrom('mailbox_pins')
    .selectAll()
    .where('mailbox_id', '=', mailboxId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  if (row === undefined) return 'none';
  const now = core.clock.now();
  if (row.locked_until !== null && row.locked_until.getTime() > now) return 'locked';
  const [salt = ''] = row.pin_hash.split('.');
  const given = Buffer.from(await hashPin(pin, Buffer.from(salt, 'base64url')));
  const isRight = given.length === row.pin_hash.length && timingSafeEqual(given, Buffer.from(row.pin_hash));
  return untilWritten(core, async (tx) => {
    const at = new Date(now);
    if (isRight) {
      await tx
        .updateTable('mailbox_pins')
        .set({ failures: 0, locked_until: null })
        .where('mailbox_id', '=', mailboxId)
        .execute();
      return 'right';
    }
    const { failures } = await tx
      .updateTable('mailbox_pins')
      .set((set) => ({ failures: set('failures', '+', 1) }))
      .where('mailbox_id', '=', mailboxId)
      .returning('failures')
      .executeTakeFirstOrThrow();
    if (failures < PIN_FAILURES) return 'wrong';
    const lockMs = Math.min(LONGEST_LOCK_MS, FIRST_LOCK_MS * 2 ** Math.min(failures - PIN_FAILURES, 20));
    const until = new Date(now + lockMs);
    await tx.updateTable('mailbox_pins').set({ locked_until: until }).where('mailbox_id', '=', mailboxId).execute();
    const details = { mode, failures, until: until.toISOString() };
    const entry = { accountId, actor: 'phone', action: 'mailbox.lock', subject: String(mailboxId), details, at };
    await recordAudit(tx, entry);
    core.log.warn(
      { account: accountId, mailbox: mailboxId, failures, until },
      'a mailbox is locked: too many wrong PINs',
    );
    return 'locked';
  });
}

function hashPin(pin: string, salt: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(pin, salt, HASH_BYTES, COST, (error, hash) => {
      if (error === null) resolve(`${salt.toString('base64url')}.${hash.toString('base64url')}`);
      else reject(error);
    });
  });
}
