/** The dialogs of an engine by their id (RFC 3261 section 12): Call-ID and both tags. */
import type { SipRequest } from '#voice/sip/message.js';
import { tagOf } from '#voice/sip/name-address.js';
import type { Peer, ServerTransaction } from '#voice/sip/transport.js';

export interface DialogId {
  callId: string;
  localTag: string;
  remoteTag: string;
}

export interface DialogOwner {
  /** A request within the dialog; an ACK comes without a transaction. */
  receive(request: SipRequest, from: Peer, transaction: ServerTransaction | undefined): void;
}

export class DialogTable {
  readonly #owners = new Map<string, DialogOwner>();

  get size(): number {
    return this.#owners.size;
  }

  add(id: DialogId, owner: DialogOwner): void {
    this.#owners.set(keyOf(id), owner);
  }

  /** Removes the dialog if it still belongs to `owner`. */
  remove(id: DialogId, owner: DialogOwner): void {
    const key = keyOf(id);
    if (this.#owners.get(key) === owner) this.#owners.delete(key);
  }

  get(id: DialogId): DialogOwner | undefined {
    return this.#owners.get(keyOf(id));
  }

  /** @throws SipParseError */
  find(request: SipRequest): DialogOwner | undefined {
    const callId = request.headers.get('Call-ID') ?? '';
    const localTag = tagOf(request.headers.get('To') ?? '') ?? '';
    const remoteTag = tagOf(request.headers.get('From') ?? '') ?? '';
    return this.get({ callId, localTag, remoteTag });
  }
}

/** A line break cannot be part of any of the three. */
function keyOf({ callId, localTag, remoteTag }: DialogId): string {
  return `${callId}\n${localTag}\n${remoteTag}`;
}
