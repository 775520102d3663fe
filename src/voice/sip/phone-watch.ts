/** What phones watch of each other: calls, presence and mailboxes, brought to their subscriptions as they change. */
import type { EngineCommand, EngineEventBody, PhoneContact } from '#voice/engine.js';
import { DialogPackage } from '#voice/sip/dialog-package.js';
import type { LocationTable } from '#voice/sip/location-table.js';
import { MailboxPackage } from '#voice/sip/mailbox-package.js';
import type { PhoneBook } from '#voice/sip/phone-book.js';
import { PhoneCalls } from '#voice/sip/phone-calls.js';
import { PresencePackage } from '#voice/sip/presence-package.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { Subscriptions } from '#voice/sip/subscriptions.js';

export class PhoneWatch {
  readonly subscriptions: Subscriptions;
  readonly #phones: PhoneBook;
  readonly #calls: PhoneCalls;
  readonly #mailboxes = new MailboxPackage();
  readonly #presence: PresencePackage;

  constructor(signalling: Signalling, phones: PhoneBook, locations: LocationTable) {
    this.#phones = phones;
    this.#calls = new PhoneCalls((phone) => {
      this.subscriptions.changed(phone, dialogs);
      this.subscriptions.changed(phone, this.#presence);
    });
    const dialogs = new DialogPackage(this.#calls, signalling.dialogs);
    this.#presence = new PresencePackage(locations, this.#calls);
    this.subscriptions = new Subscriptions({
      signalling,
      phones,
      packages: [dialogs, this.#mailboxes, this.#presence],
      isPrivate: (eventPackage) => eventPackage === this.#mailboxes,
    });
  }

  /** Every event, before anybody else hears it. */
  observe(event: EngineEventBody): void {
    if (event.kind === 'leg.incoming' && event.origin.kind === 'phone') {
      const remote = { number: event.to };
      return this.#calls.begin(event.origin.phone, event.leg, { direction: 'initiator', remote });
    }
    this.#calls.observe(event);
    if (event.kind === 'registration') this.#onRegistration(event.phone, event.contacts);
  }

  /** Every command that the engine obeys. */
  obeyed(command: EngineCommand): void {
    switch (command.kind) {
      case 'dial':
        if (command.to.kind !== 'phone') return;
        return this.#calls.begin(command.to.phone, command.leg, { direction: 'recipient', remote: command.from });
      case 'ring':
      case 'early':
        return this.#calls.advance(command.leg, 'early');
      case 'mailbox':
        if (this.#phones.get(command.phone) === undefined) return;
        this.#mailboxes.set(command.phone, command);
        return this.subscriptions.changed(command.phone, this.#mailboxes);
      case 'configure':
        return this.#configured();
      default:
        return;
    }
  }

  close(): void {
    this.subscriptions.close();
  }

  #onRegistration(phone: string, contacts: PhoneContact[]): void {
    this.subscriptions.changed(phone, this.#presence);
    if (contacts.length === 0) this.subscriptions.endAllOf(phone);
  }

  #configured(): void {
    const isThere = (phone: string): boolean => this.#phones.get(phone) !== undefined;
    this.#mailboxes.keepOnly(isThere);
    this.subscriptions.keepOnly(isThere);
  }
}
