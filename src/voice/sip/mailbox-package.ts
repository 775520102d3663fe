/** The event package `message-summary` (RFC 3842): how many voice messages wait for a phone. */
import type { PhoneConfig } from '#voice/engine.js';
import type { EventPackage, SipAddress } from '#voice/sip/event-package.js';
import { formatUri } from '#voice/sip/uri.js';

export interface Mailbox {
  newMessages: number;
  oldMessages: number;
}

export class MailboxPackage implements EventPackage {
  readonly name = 'message-summary';
  readonly contentType = 'application/simple-message-summary';
  readonly #mailboxes = new Map<string, Mailbox>();

  set(phone: string, mailbox: Mailbox): void {
    this.#mailboxes.set(phone, mailbox);
  }

  /** Of phones that are not there any more. */
  keepOnly(isThere: (phone: string) => boolean): void {
    for (const phone of [...this.#mailboxes.keys()]) if (!isThere(phone)) this.#mailboxes.delete(phone);
  }

  watch({ id }: PhoneConfig, { user, host }: SipAddress): () => Buffer {
    const account = formatUri({ scheme: 'sip', user, host, params: new Map(), headers: new Map() });
    return () => {
      const { newMessages, oldMessages } = this.#mailboxes.get(id) ?? { newMessages: 0, oldMessages: 0 };
      const lines = [
        `Messages-Waiting: ${newMessages > 0 ? 'yes' : 'no'}`,
        `Message-Account: ${account}`,
        `Voice-Message: ${newMessages}/${oldMessages}`,
        '',
      ];
      return Buffer.from(lines.join('\r\n'));
    };
  }
}
