/** The dialogs of an engine by their id (RFC 3261 section 12): Call-ID and both tags. */
import type { LegId } from '#voice/engine.js';
import type { SipRequest } from '#voice/sip/message.js';
import { tagOf } from '#voice/sip/name-address.js';
import type { Peer, ServerTransaction } from '#voice/sip/transport.js';

export interface DialogId {
  callId: string;
  localTag: string;
  remoteTag: string;
}

export interface DialogOwner {
  /** Of a call. */
  readonly leg?: LegId;
  /** A request within the dialog; an ACK comes without a transaction. */
  receive(request: SipRequest, from: Peer, transaction: ServerTransaction | undefined): void;
}

export class DialogTable {
  readonly #owners = new Map<string, DialogOwner>();
  readonly #byLeg = new Map<LegId, Set<DialogOwner>>();

  get size(): number {
    return this.#owners.size;
  }

  add(id: DialogId, owner: DialogOwner): void {
    this.#owners.set(keyOf(id), owner);
    if (owner.leg !== undefined) this.#byLeg.set(owner.leg, (this.#byLeg.get(owner.leg) ?? new Set()).add(owner));
  }

  /** Removes the dialog if it still belongs to `owner`. */
  remove(id: DialogId, owner: DialogOwner): void {
    const key = keyOf(id);
    if (this.#owners.get(key) === owner) this.#owners.delete(key);
    const ofLeg = owner.leg === undefined ? undefined : this.#byLeg.get(owner.leg);
    ofLeg?.delete(owner);
    if (owner.leg !== undefined && ofLeg?.size === 0) this.#byLeg.delete(owner.leg);
  }

  /** The latest of a leg: while several phones ring, there are several. */
  ofLeg(leg: LegId): DialogOwner | undefined {
    return [...(this.#byLeg.get(leg) ?? [])].at(-1);
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
