import { randomBytes } from 'node:crypto';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { whyReserved } from '#core/dial-plan/index.js';
import { whyNoHelp } from '#core/emergency/index.js';
import { inTransaction } from '#core/in-transaction.js';
import { addNumber, ownNumbers } from '#core/numbers/index.js';
import { setPhone } from '#core/phones/set-phone.js';
import { reconfigureEngines } from '#core/engine-configuration.js';

export interface AddPhone {
  accountId: string;
  /** What it registers as and is dialled by inside the account: `101`. */
  name: string;
  /** Without one, a strong password is made up and given back. */
  password?: string;
  /** A number that rings on it; given to the account first when nobody has it. */
  number?: string;
  /** Where it stands, for calls for help. */
  location?: string;
  /** Who does it, for the audit log. */
  actor: string;
}

export interface AddedPhone {
  id: string;
  name: string;
  /** Only when it was made up here: it is not shown again. */
  password: string | undefined;
  /** Sentences for the person who adds it. */
  warnings: string[];
}

const NAME_SHAPE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;
const PASSWORD_MIN_LENGTH = 8;
const PASSWORD_MAX_LENGTH = 128;

/** Adds a desk phone or softphone and tells the engine; it can register at once. */
export async function addPhone(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'log' | 'engines' | 'node'>,
  input: AddPhone,
): Promise<AddedPhone> {
  if (!NAME_SHAPE.test(input.name)) {
    throw badInput('name', 'A phone\'s name is 1 to 32 letters, digits, ".", "_" or "-", like 101.');
  }
  const madeUp = input.password === undefined ? randomBytes(15).toString('base64url') : undefined;
  const password = madeUp ?? input.password ?? '';
  if (!/^[\x20-\x7e]+$/.test(password) || password.length > PASSWORD_MAX_LENGTH) {
    throw badInput('password', `A phone's password is 1 to ${PASSWORD_MAX_LENGTH} printable ASCII characters.`);
  }

  const { accountId, name, actor } = input;
  const reserved = whyReserved(name, await ownNumbers(core.db, { accountId, mode: 'live' }));
  if (reserved !== undefined) throw badInput('name', reserved);
  const at = new Date(core.clock.now());
  const id = newId('pho', at.getTime());
  await inTransaction(core.db, async (tx) => {
    const added = await tx
      .insertInto('phones')
      .values({
        id,
        account_id: accountId,
        name,
        password_encrypted: core.secrets.seal(password),
        created_at: at,
      })
      .onConflict((conflict) => conflict.columns(['account_id', 'name']).doNothing())
      .executeTakeFirst();
    if (added.numInsertedOrUpdatedRows === 0n) {
      throw new CoreError('phone.name_taken', `There is a phone "${name}" already.`, { field: 'name' });
    }
    await recordAudit(tx, { accountId, actor, action: 'phone.add', subject: id, details: { name }, at });
    if (input.number !== undefined) {
      await addNumber(
        { db: tx, clock: core.clock },
        { accountId, mode: 'live', number: input.number, phone: name, actor },
      );
    }
    if (input.location !== undefined) {
      await setPhone({ db: tx, clock: core.clock }, { accountId, name, location: input.location, actor });
    }
  });
  await reconfigureEngines(core);

  const lacking = await whyNoHelp(core, { accountId, phone: name });
  const warnings =
    lacking.length === 0
      ? []
      : [`It cannot call emergency numbers as it should: keep another way to call for help. ${lacking.join(' ')}`];
  if (password.length < PASSWORD_MIN_LENGTH) {
    warnings.push(
      `Its password is shorter than ${PASSWORD_MIN_LENGTH} characters: anyone who guesses it can call at your cost.`,
    );
  }
  return { id, name, password: madeUp, warnings };
}

function badInput(field: string, message: string): CoreError {
  return new CoreError('phone.bad_input', message, { field });
}
