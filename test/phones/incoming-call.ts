import { PhoneCall, type CallSurroundings } from './call.js';
import { Dialog } from './dialog.js';
import type { CallMedia } from './media.js';
import { formatDescription } from './session-description.js';
import { parseNameAddress, parseUri } from './sip-address.js';
import { SipHeaders, type SipRequest } from './sip-text.js';
import { newTag, type ServerTransaction } from './server-transaction.js';

/** A call that rings at the phone. Nothing is answered by itself but 100 Trying. */
export class IncomingCall extends PhoneCall {
  readonly #toTag: string;

  constructor(
    readonly invite: SipRequest,
    private readonly transaction: ServerTransaction,
    media: CallMedia,
    phone: CallSurroundings,
  ) {
    const { headers } = invite;
    const toTag = newTag();
    const dialog = new Dialog(headers.get('Call-ID'), toTag, phone.transactions.wire, phone.contact);
    dialog.local = `${headers.get('To')};tag=${toTag}`;
    dialog.remote = headers.get('From');
    dialog.target = parseNameAddress(headers.get('Contact')).uri;
    dialog.routes = headers.all('Record-Route');
    dialog.remoteSequence = parseInt(headers.get('CSeq'));
    super(dialog, media, phone);
    this.#toTag = toTag;
    transaction.onCancel = (cancel) => {
      if (this.state !== 'ringing') return;
      transaction.respond(487, 'Request Terminated', { toTag });
      this.finish({ by: 'them', how: 'cancel', reason: cancel.headers.get('Reason') });
    };
    transaction.onUnacknowledged = () => this.finish({ by: 'us', how: 'unanswered', reason: 'no ACK' });
    // It may have come while the call's sockets were opened.
    if (transaction.canceledBy) transaction.onCancel(transaction.canceledBy);
  }

  /** The user part of From, or its display name. */
  get from(): { user: string; displayName: string } {
    const { uri, displayName } = parseNameAddress(this.invite.headers.get('From'));
    return { user: parseUri(uri).user, displayName };
  }

  /** The user part of the Request-URI. */
  get calledUser(): string {
    return parseUri(this.invite.uri).user;
  }

  ring(status: 180 | 181 | 182 = 180): void {
    this.#mustRing();
    const phrase = { 180: 'Ringing', 181: 'Call Is Being Forwarded', 182: 'Queued' }[status];
    const headers = SipHeaders.of({ Contact: `<${this.phone.contact}>` });
    this.transaction.respond(status, phrase, { toTag: this.#toTag, headers });
  }

  /** 183 with a session description: sound can be sent before the answer. */
  early(): void {
    this.#mustRing();
    this.transaction.respond(183, 'Session Progress', {
      toTag: this.#toTag,
      headers: this.sessionHeaders(),
      body: this.#description(),
    });
  }

  /** 200 OK; resolves when the ACK has come. */
  async answer(): Promise<void> {
    this.#mustRing();
    const body = this.#description();
    this.transaction.respond(200, 'OK', { toTag: this.#toTag, headers: this.sessionHeaders(), body });
    this.state = 'answered';
    this.acceptances.push(this.transaction);
    await this.until('the ACK', () => this.acceptances.length === 0 || this.state === 'ended');
    if (this.acceptances.length > 0) throw new Error(`the call ended before its ACK: ${this.describe()}`);
  }

  /** Refuses; resolves when the refusal is sent (it is repeated until its ACK). */
  reject(status: number, phrase: string, fields: Readonly<Record<string, string>> = {}): void {
    this.#mustRing();
    this.transaction.respond(status, phrase, { toTag: this.#toTag, headers: SipHeaders.of(fields) });
    this.finish({ by: 'us', how: 'refused', status, phrase, reason: fields.Reason ?? '' });
  }

  override receiveAck(ack: SipRequest): void {
    this.acknowledge(ack);
    this.watch.changed();
  }

  #description(): string {
    const offer = this.invite.body;
    if (offer === '') return formatDescription(this.media.describe('sendrecv'), this.session);
    this.takeDescription(offer);
    return this.answerText(offer);
  }

  #mustRing(): void {
    if (this.state !== 'ringing') throw new Error(`the call rings no more: ${this.describe()}`);
  }
}
