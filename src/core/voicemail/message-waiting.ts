import type { FlowConfiguration } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import { readRouting } from '#core/routing/index.js';
import { readChangedMailbox } from '#core/voicemail/mailbox-changes.js';
import { countMessages } from '#core/voicemail/mailbox-counts.js';

type WaitingCore = Pick<Core, 'db' | 'engines' | 'background' | 'log'>;

/** Tells phones how many messages wait for whoever has them (RFC 3842): when that changes, and when a phone registers. */
export class MessageWaiting {
  #unsubscribe: () => void = () => undefined;
  /** Names of phones that show that something waits, by account: whose mailbox goes to somebody else is told, too. */
  readonly #lit = new Map<string, Set<string>>();

  constructor(private readonly core: WaitingCore) {}

  start(): void {
    this.#unsubscribe = this.core.engines.live.on((event) => {
      if (event.kind !== 'registration' || event.contacts.length === 0) return;
      this.core.background.run('tell a phone what waits', () => this.#tellPhone(event.phone));
    });
    // Those that stayed registered while nothing of this ran.
    this.tellAll();
  }

  /** Whatever may have changed unheard. */
  tellAll(): void {
    this.core.background.run('tell phones what waits', () => this.#tellRegistered());
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** A mailbox has changed, in whichever process. */
  changed(payload: string): void {
    const changed = readChangedMailbox(payload);
    if (changed === undefined) return;
    const { accountId, mailboxId } = changed;
    this.core.background.run('tell phones what waits', async () => {
      const configuration = await readRouting(this.core, { accountId, mode: 'live' });
      const userId = configuration.objects.mailbox.get(mailboxId)?.userId;
      const names = userId === null || userId === undefined ? [] : (configuration.users.get(userId)?.phones ?? []);
      // It may have been another's until now, or be gone.
      await this.#tell(accountId, configuration, [...new Set([...names, ...(this.#lit.get(accountId) ?? [])])]);
    });
  }

  async #tellPhone(phoneId: string): Promise<void> {
    const phone = await this.core.db
      .selectFrom('phones')
      .select(['account_id', 'name'])
      .where('id', '=', phoneId)
      .executeTakeFirst();
    if (phone === undefined) return;
    const configuration = await readRouting(this.core, { accountId: phone.account_id, mode: 'live' });
    await this.#tell(phone.account_id, configuration, [phone.name]);
  }

  async #tellRegistered(): Promise<void> {
    const rows = await this.core.db
      .selectFrom('phones')
      .select(['account_id', 'name'])
      .where('id', 'in', (query) => query.selectFrom('phone_contacts').select('phone_id'))
      .execute();
    for (const accountId of new Set(rows.map(({ account_id }) => account_id))) {
      const names = rows.filter((row) => row.account_id === accountId).map(({ name }) => name);
      const configuration = await readRouting(this.core, { accountId, mode: 'live' });
      await this.#tell(accountId, configuration, names);
    }
  }

  /** A phone shows what waits in all mailboxes of everybody whose it is. */
  async #tell(accountId: string, configuration: FlowConfiguration, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const phones = await this.core.db
      .selectFrom('phones')
      .select(['id', 'name'])
      .where('account_id', '=', accountId)
      .where('name', 'in', [...names])
      .execute();
    const mailboxes = new Map(phones.map(({ id, name }) => [id, mailboxesOf(configuration, name)]));
    const counts = await countMessages(this.core, [...new Set([...mailboxes.values()].flat())]);
    const lit = this.#lit.get(accountId) ?? new Set();
    this.#lit.set(accountId, lit);
    for (const { id: phone, name } of phones) {
      const ids = mailboxes.get(phone) ?? [];
      const all = ids.map((id) => counts.get(id));
      const newMessages = all.reduce((sum, one) => sum + (one?.newMessages ?? 0), 0);
      const oldMessages = all.reduce((sum, one) => sum + (one?.oldMessages ?? 0), 0);
      if (newMessages + oldMessages > 0) lit.add(name);
      else lit.delete(name);
      this.core.engines.live.send({ kind: 'mailbox', phone, newMessages, oldMessages });
    }
    // One that was removed shows nothing any more.
    for (const name of names) if (!phones.some((phone) => phone.name === name)) lit.delete(name);
    if (lit.size === 0) this.#lit.delete(accountId);
  }
}

function mailboxesOf({ objects, users }: FlowConfiguration, phone: string): number[] {
  return [...objects.mailbox].flatMap(([id, { userId }]) =>
    userId !== null && users.get(userId)?.phones.includes(phone) === true ? [id] : [],
  );
}
