import type { FlowConfiguration } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import { readChangedMailboxes } from '#core/mailbox-changes.js';
import { readRouting } from '#core/routing/index.js';
import { countMessages, type MailboxCounts } from '#core/voicemail/mailbox-counts.js';

type WaitingCore = Pick<Core, 'db' | 'engines' | 'background' | 'log'>;

/** What a phone was told last, and of which mailboxes. */
interface Shown extends MailboxCounts {
  mailboxes: readonly number[];
}

/** What is to be looked at in an account. */
interface Due {
  mailboxes: Set<number>;
  /** Names of phones that are told in any case: they may have forgotten. */
  phones: Set<string>;
}

/**
 * Tells phones how many messages wait for whoever has them (RFC 3842): when a phone registers, and when what it shows is
 * no longer so. One account after the other, so that what was counted first is told first.
 */
export class MessageWaiting {
  #unsubscribe: () => void = () => undefined;
  /** By account, then by the name of the phone: those that registered here, or whose mailboxes changed. */
  readonly #shown = new Map<string, Map<string, Shown>>();
  readonly #due = new Map<string, Due>();
  #telling = false;

  constructor(private readonly core: WaitingCore) {}

  start(): void {
    this.#unsubscribe = this.core.engines.live.on((event) => {
      if (event.kind !== 'registration' || event.contacts.length === 0) return;
      this.core.background.run('tell a phone what waits', () => this.#onRegistered(event.phone));
    });
    // Those that stayed registered while nothing of this ran.
    this.tellAll();
  }

  /** Whatever may have changed unheard. */
  tellAll(): void {
    this.core.background.run('tell phones what waits', () => this.#onAll());
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** A mailbox has changed, or who has it, in whichever process. */
  changed(payload: string): void {
    const changed = readChangedMailboxes(payload);
    if (changed === undefined) return;
    const { mailboxes } = this.#dueOf(changed.accountId);
    if (changed.mailboxId !== undefined) mailboxes.add(changed.mailboxId);
    this.#tellSoon();
  }

  async #onRegistered(phoneId: string): Promise<void> {
    const phone = await this.core.db
      .selectFrom('phones')
      .select(['account_id', 'name'])
      .where('id', '=', phoneId)
      .executeTakeFirst();
    if (phone === undefined) return;
    this.#dueOf(phone.account_id).phones.add(phone.name);
    this.#tellSoon();
  }

  async #onAll(): Promise<void> {
    const rows = await this.core.db
      .selectFrom('phones')
      .select(['account_id', 'name'])
      .where('id', 'in', (query) => query.selectFrom('phone_contacts').select('phone_id'))
      .execute();
    for (const { account_id, name } of rows) this.#dueOf(account_id).phones.add(name);
    this.#tellSoon();
  }

  #dueOf(accountId: string): Due {
    const due = this.#due.get(accountId) ?? { mailboxes: new Set(), phones: new Set() };
    this.#due.set(accountId, due);
    return due;
  }

  #tellSoon(): void {
    if (this.#telling) return;
    this.#telling = true;
    this.core.background.run('tell phones what waits', async () => {
      for (const [accountId, due] of this.#due) {
        this.#due.delete(accountId);
        await this.#tell(accountId, due).catch((error: unknown) =>
          this.core.log.error({ account: accountId, error: String(error) }, 'phones were not told what waits'),
        );
      }
      this.#telling = false;
    });
  }

  async #tell(accountId: string, due: Due): Promise<void> {
    const configuration = await readRouting(this.core, { accountId, mode: 'live' });
    const mailboxes = mailboxesByPhone(configuration);
    const shown = this.#shown.get(accountId) ?? new Map<string, Shown>();
    this.#shown.set(accountId, shown);
    const names = new Set(due.phones);
    for (const [name, told] of shown) {
      // What somebody else has now, or nobody: its messages go before a mailbox does.
      const hasMoved = String(told.mailboxes) !== String(mailboxes.get(name) ?? []);
      if (hasMoved || told.mailboxes.some((id) => due.mailboxes.has(id))) names.add(name);
    }
    for (const id of due.mailboxes) {
      const userId = configuration.objects.mailbox.get(id)?.userId ?? '';
      for (const name of configuration.users.get(userId)?.phones ?? []) names.add(name);
    }
    const counts = await countMessages(this.core, [
      ...new Set([...names].flatMap((name) => mailboxes.get(name) ?? [])),
    ]);
    const differing = new Map<string, Shown>();
    for (const name of names) {
      const now = sumOf(mailboxes.get(name) ?? [], counts);
      const told = shown.get(name);
      const isTold = told?.newMessages === now.newMessages && told.oldMessages === now.oldMessages;
      if (isTold) shown.set(name, now);
      if (!isTold || due.phones.has(name)) differing.set(name, now);
    }
    await this.#send(accountId, shown, differing);
    if (shown.size === 0) this.#shown.delete(accountId);
  }

  async #send(accountId: string, shown: Map<string, Shown>, differing: ReadonlyMap<string, Shown>): Promise<void> {
    if (differing.size === 0) return;
    const phones = await this.core.db
      .selectFrom('phones')
      .select(['id', 'name'])
      .where('account_id', '=', accountId)
      .where('name', 'in', [...differing.keys()])
      .execute();
    const idOf = new Map(phones.map(({ id, name }) => [name, id]));
    for (const [name, now] of differing) {
      const phone = idOf.get(name);
      // One that was removed shows nothing any more.
      if (phone === undefined) {
        shown.delete(name);
        continue;
      }
      const { newMessages, oldMessages } = now;
      this.core.engines.live.send({ kind: 'mailbox', phone, newMessages, oldMessages });
      shown.set(name, now);
    }
  }
}

/** A phone shows what waits in all mailboxes of everybody whose it is. */
function mailboxesByPhone({ objects, users }: FlowConfiguration): Map<string, number[]> {
  const mailboxes = new Map<string, number[]>();
  for (const [id, { userId }] of objects.mailbox) {
    for (const phone of users.get(userId ?? '')?.phones ?? []) {
      mailboxes.set(phone, [...(mailboxes.get(phone) ?? []), id]);
    }
  }
  return mailboxes;
}

function sumOf(mailboxes: readonly number[], counts: ReadonlyMap<number, MailboxCounts>): Shown {
  const sum = (of: keyof MailboxCounts): number => mailboxes.reduce((all, id) => all + (counts.get(id)?.[of] ?? 0), 0);
  return { mailboxes, newMessages: sum('newMessages'), oldMessages: sum('oldMessages') };
}
