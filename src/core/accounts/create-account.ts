import { toAccount, type Account } from '#core/accounts/account.js';
import { recordAudit } from '#core/accounts/audit.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';

export interface CreateAccount {
  /** 1–100 characters, unique in the installation. */
  name: string;
  /** The host part of its phones' addresses; made from the name when absent. */
  domain?: string;
  /** False: its keys get 403 until it is given access. Default: true. */
  apiEnabled?: boolean;
  actor: string;
}

const LONGEST_NAME = 100;
const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** @throws CoreError `account.bad_input`, `account.name_taken` (also for a domain that is taken) */
export async function createAccount(core: Pick<Core, 'db' | 'clock'>, input: CreateAccount): Promise<Account> {
  const name = checkAccountName(input.name);
  const domain = (input.domain ?? domainFor(name)).toLowerCase();
  if (!DOMAIN.test(domain)) {
    throw new CoreError('account.bad_input', `"${domain}" is not a domain such as acme.example.`, { field: 'domain' });
  }
  const { apiEnabled = true } = input;
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    const row = await tx
      .insertInto('accounts')
      .values({ id: newId('acc', at.getTime()), name, domain, api_enabled: apiEnabled, created_at: at })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) {
      const sameName = await tx.selectFrom('accounts').select('id').where('name', '=', name).executeTakeFirst();
      throw sameName === undefined
        ? new CoreError('account.name_taken', `The domain ${domain} belongs to another account.`, { field: 'domain' })
        : new CoreError('account.name_taken', `There is an account "${name}" already.`, { field: 'name' });
    }
    await recordAudit(tx, {
      accountId: row.id,
      actor: input.actor,
      action: 'account.create',
      subject: row.id,
      details: { name, domain, ...(apiEnabled ? {} : { apiEnabled }) },
      at,
    });
    return toAccount(row);
  });
}

/** As it is kept. @throws CoreError `account.bad_input` */
export function checkAccountName(text: string): string {
  const name = text.trim();
  if (name !== '' && name.length <= LONGEST_NAME) return name;
  throw new CoreError('account.bad_input', `An account needs a name of 1 to ${LONGEST_NAME} characters.`, {
    field: 'name',
  });
}

/** `.internal` is reserved for private use: it never resolves outside. */
function domainFor(name: string): string {
  const label = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return `${label === '' ? newId('acc', 0).slice(-12) : label}.sidetone.internal`;
}
