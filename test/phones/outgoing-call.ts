import { randomBytes } from 'node:crypto';
import { PhoneCall, type CallSurroundings } from './call.js';
import { Dialog } from './dialog.js';
import { answerChallenge, type Credentials } from './digest.js';
import type { CallMedia } from './media.js';
import { formatDescription } from './session-description.js';
import { parseNameAddress, tagOf } from './sip-address.js';
import type { SipRequest, SipResponse } from './sip-text.js';
import type { Peer } from './sip-wire.js';
import type { ClientTransaction } from './client-transaction.js';
import { newTag } from './server-transaction.js';

export interface InviteOptions extends Partial<Credentials> {
  /** The From value; default the phone's own address. */
  from?: string;
  /** Further header fields. */
  headers?: Readonly<Record<string, string>>;
  /** An INVITE without a session description: the far end offers, we answer in the ACK. */
  withoutOffer?: boolean;
}

/** A call that the phone makes. */
export class OutgoingCall extends PhoneCall {
  /** Provisional statuses as they came. */
  readonly progress: number[] = [];
  /** Undefined until it came; status 0 stands for no response at all. */
  final: SipResponse | undefined;
  #transaction: ClientTransaction;
  #ack: SipRequest | undefined;
  #challenged = false;
  readonly #inviteSequence: () => number;

  constructor(
    uri: string,
    private readonly peer: Peer,
    private readonly options: InviteOptions & { from: string },
    media: CallMedia,
    phone: CallSurroundings,
  ) {
    const tag = newTag();
    const dialog = new Dialog(randomBytes(12).toString('hex'), tag, phone.transactions.wire, phone.contact);
    dialog.local = `${options.from};tag=${tag}`;
    dialog.remote = `<${uri}>`;
    dialog.target = uri;
    super(dialog, media, phone);
    this.#inviteSequence = () => parseInt(this.#transaction.request.headers.get('CSeq'));
    this.#transaction = this.#invite();
  }

  /** Until the 2xx; rejects when the call ends otherwise. */
  async answered(): Promise<void> {
    await this.until('an answer', () => this.state !== 'ringing');
    if (this.state !== 'answered') throw new Error(`not answered: ${this.describe()}`);
  }

  /** Until a final response that is no 2xx. */
  async refused(): Promise<SipResponse> {
    await this.until('a refusal', () => this.final !== undefined);
    if (!this.final || this.final.status < 300) throw new Error(`not refused: ${this.describe()}`);
    return this.final;
  }

  /** Until this provisional status came. */
  progressed(status: number): Promise<void> {
    return this.until(`${status}`, () => this.progress.includes(status));
  }

  /** CANCEL; the call ends when its INVITE is answered, by 487 or else. Ask only after a provisional response. */
  cancel(reason?: string): void {
    if (this.state !== 'ringing') throw new Error(`nothing to cancel: ${this.describe()}`);
    this.phone.transactions.cancel(this.#transaction, reason);
    this.#canceled = reason ?? '';
  }

  #canceled: string | undefined;

  override receiveAck(ack: SipRequest): void {
    this.acknowledge(ack);
  }

  #invite(authorization?: { name: string; value: string }): ClientTransaction {
    const offer = this.options.withoutOffer ? '' : formatDescription(this.media.describe('sendrecv'), this.session);
    const request = this.dialog.request(
      'INVITE',
      {
        Allow: 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE',
        ...(offer === '' ? {} : { 'Content-Type': 'application/sdp' }),
        ...this.options.headers,
        ...(authorization ? { [authorization.name]: authorization.value } : {}),
      },
      offer,
    );
    return this.phone.transactions.request(
      request,
      this.peer,
      (response) => this.#respond(response),
      () => this.finish({ by: 'us', how: 'unanswered', reason: '' }),
    );
  }

  #respond(response: SipResponse): void {
    if (response.status < 200) {
      this.progress.push(response.status);
      if (response.body !== '') this.takeDescription(response.body);
    } else if (response.status < 300) this.#accepted(response);
    else if (!this.#authorize(response)) {
      this.final = response;
      const { status, phrase } = response;
      const reason = response.headers.get('Reason');
      this.finish(
        this.#canceled !== undefined && status === 487
          ? { by: 'us', how: 'cancel', status, phrase, reason: this.#canceled }
          : { by: 'them', how: 'refused', status, phrase, reason },
      );
    }
    this.watch.changed();
  }

  #authorize(response: SipResponse): boolean {
    const { user, password } = this.options;
    if (user === undefined || password === undefined || this.#challenged) return false;
    if (response.status !== 401 && response.status !== 407) return false;
    const answer = answerChallenge(response, this.#transaction.request, { user, password });
    if (!answer) return false;
    this.#challenged = true;
    this.#transaction = this.#invite(answer);
    return true;
  }

  #accepted(response: SipResponse): void {
    const { wire } = this.phone.transactions;
    if (this.#ack) {
      // The far end repeats its 2xx until an ACK gets through.
      wire.send(this.#ack, this.dialog.nextHop());
      return;
    }
    this.final = response;
    this.dialog.remote = response.headers.get('To');
    this.dialog.target = parseNameAddress(response.headers.get('Contact')).uri;
    this.dialog.routes = response.headers.all('Record-Route').reverse();
    if (tagOf(this.dialog.remote) === '') this.phone.complain('a 2xx to INVITE without a To tag');
    if (response.body === '') this.phone.complain('a 2xx to INVITE without a session description');
    else this.takeDescription(response.body);
    const answer = this.options.withoutOffer && response.body !== '' ? this.answerText(response.body) : '';
    const fields: Record<string, string> = answer === '' ? {} : { 'Content-Type': 'application/sdp' };
    this.#ack = this.dialog.request('ACK', fields, answer, this.#inviteSequence());
    this.phone.transactions.sendOnce(this.#ack, this.dialog.nextHop());
    this.state = 'answered';
  }
}
