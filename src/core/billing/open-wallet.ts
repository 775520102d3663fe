import type { Transaction } from 'kysely';
import type { Unit } from '#core/billing/units.js';
import { newId } from '#core/ids.js';
import type { LedgerEntryTable, Tables } from '#core/tables.js';

export type EntryKind = LedgerEntryTable['kind'];

/** What an entry says beside its amount. */
export interface EntryDetails {
  /** The id of what it is for. */
  reference?: string;
  part?: number;
  unit?: Unit;
  quantity?: number;
  /** Of one unit. */
  price?: string;
  note?: string;
}

/**
 * An account's wallet, locked until the transaction ends. It is the last thing that a transaction locks: whoever waits
 * for it holds what others may want, and never the other way round.
 *
 * What is spent beyond the balance is covered first by an entry `postpaid`, so that the balance is never negative; it is
 * owed, and whatever comes in pays it back before it can be spent.
 */
export class OpenWallet {
  readonly #entries: { kind: EntryKind; amount: number; balanceAfter: number; details: EntryDetails }[] = [];

  private constructor(
    private readonly accountId: string,
    private wallet: { balance: number; held: number; owed: number },
    readonly metering: 'off' | 'prepaid',
  ) {}

  static async lock(tx: Transaction<Tables>, accountId: string): Promise<OpenWallet> {
    for (;;) {
      const row = await tx
        .selectFrom('wallets')
        .innerJoin('accounts', 'accounts.id', 'wallets.account_id')
        .select(['wallets.balance', 'wallets.held', 'wallets.owed', 'accounts.metering'])
        .where('wallets.account_id', '=', accountId)
        .forUpdate('wallets')
        .executeTakeFirst();
      if (row !== undefined) return new OpenWallet(accountId, row, row.metering);
      await tx
        .insertInto('wallets')
        .values({ account_id: accountId })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  }

  covers(amount: number): boolean {
    return this.wallet.balance >= amount;
  }

  /** Adds an entry; `amount` is what it changes the balance by. */
  enter(kind: EntryKind, amount: number, details: EntryDetails = {}): void {
    const shortfall = -(this.wallet.balance + amount);
    if (shortfall > 0) this.enter('postpaid', shortfall, reasonOf(details));
    this.wallet = {
      balance: this.wallet.balance + amount,
      held: kind === 'hold' || kind === 'release' ? this.wallet.held - amount : this.wallet.held,
      owed: kind === 'postpaid' ? this.wallet.owed + amount : this.wallet.owed,
    };
    this.#entries.push({ kind, amount, balanceAfter: this.wallet.balance, details });
  }

  /** Writes what was entered. */
  async write(tx: Transaction<Tables>, at: Date): Promise<void> {
    const paidBack = Math.min(this.wallet.owed, this.wallet.balance);
    if (paidBack > 0) this.enter('postpaid', -paidBack);
    if (this.#entries.length === 0) return;
    await tx
      .insertInto('ledger_entries')
      .values(
        this.#entries.map(({ kind, amount, balanceAfter, details }) => ({
          id: newId('led', at.getTime()),
          account_id: this.accountId,
          kind,
          amount,
          balance_after: balanceAfter,
          reference: details.reference ?? null,
          part: details.part ?? 0,
          unit: details.unit ?? null,
          quantity: details.quantity ?? null,
          price: details.price ?? null,
          note: details.note ?? null,
          created_at: at,
        })),
      )
      .execute();
    await tx.updateTable('wallets').set(this.wallet).where('account_id', '=', this.accountId).execute();
  }
}

function reasonOf({ reference }: EntryDetails): EntryDetails {
  return reference === undefined ? {} : { reference };
}
