/** The subscriptions of our phones (RFC 6665): who may watch what, how many at a time, and what has changed. */
import type { PhoneConfig } from '#voice/engine.js';
import { Dialog } from '#voice/sip/dialog.js';
import type { EventPackage } from '#voice/sip/event-package.js';
import { readEvent } from '#voice/sip/event-header.js';
import { newTag } from '#voice/sip/ids.js';
import type { PhoneBook } from '#voice/sip/phone-book.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { splitList } from '#voice/sip/split-list.js';
import { readExpires, refuseBrief, Subscription } from '#voice/sip/subscription.js';
import type { Peer, ServerTransaction } from '#voice/sip/transport.js';
import { parseSipUri } from '#voice/sip/uri.js';

/** An operator's console watches everybody in the house. */
export const MAX_SUBSCRIPTIONS_PER_PHONE = 200;
export const MAX_SUBSCRIPTIONS = 20_000;
const RETRY_AFTER_SECONDS = '60';

interface Kept {
  subscriber: string;
  watched: string;
  eventPackage: EventPackage;
  subscription: Subscription;
}

export interface SubscriptionsOptions {
  signalling: Signalling;
  phones: PhoneBook;
  packages: readonly EventPackage[];
  /** Of a package that tells a phone of itself only. */
  isPrivate: (eventPackage: EventPackage) => boolean;
}

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #bySubscriber = new Map<string, Set<Kept>>();
  readonly #byWatched = new Map<string, Set<Kept>>();
  #size = 0;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  /** The value of Allow-Events. */
  get events(): string {
    return [...this.#options.packages.map(({ name }) => name), 'refer'].join(', ');
  }

  /** SUBSCRIBE outside of dialogs, of a phone that has proved who it is. @throws SipParseError */
  subscribe(subscriber: PhoneConfig, transaction: ServerTransaction, from: Peer): void {
    const { signalling, packages } = this.#options;
    const { request } = transaction;
    const event = readEvent(request.headers.get('Event'));
    const eventPackage = packages.find(({ name }) => name === event.name);
    if (eventPackage === undefined) {
      return signalling.respond(transaction, 489, { headers: [['Allow-Events', this.events]] });
    }
    const { contentType } = eventPackage;
    if (!accepts(request.headers.getAll('Accept'), contentType)) {
      return signalling.respond(transaction, 406, { headers: [['Accept', contentType]] });
    }
    const uri = parseSipUri(request.uri);
    const watched = this.#watched(eventPackage, subscriber, request.uri);
    if (watched === undefined) return signalling.respond(transaction, 404);
    if (readExpires(request) === 'brief') return refuseBrief(signalling, transaction);
    if (this.#isFullFor(subscriber.id)) {
      return signalling.respond(transaction, 503, { headers: [['Retry-After', RETRY_AFTER_SECONDS]] });
    }

    const dialog = Dialog.ofCallee(request, newTag(), from, { followsSource: true, userAgent: signalling.userAgent });
    const kept: Kept = {
      subscriber: subscriber.id,
      watched: watched.id,
      eventPackage,
      subscription: new Subscription({
        signalling,
        dialog,
        event: event.id === undefined ? event.name : `${event.name};id=${event.id}`,
        contentType,
        write: eventPackage.watch(watched, { user: watched.name, host: uri.host }),
        onEnded: () => this.#forget(kept),
      }),
    };
    this.#keep(kept);
    kept.subscription.accept(transaction, from);
  }

  /** What a package tells of this phone is not what it was. */
  changed(watched: string, eventPackage: EventPackage): void {
    for (const kept of this.#byWatched.get(watched) ?? []) {
      if (kept.eventPackage === eventPackage) kept.subscription.changed();
    }
  }

  /** The phone is not registered any more: it watches nobody. */
  endAllOf(subscriber: string): void {
    for (const { subscription } of [...(this.#bySubscriber.get(subscriber) ?? [])]) subscription.end('timeout');
  }

  /** After a change of the phones: of those that are gone, nothing is told, and to them nothing. */
  keepOnly(isThere: (phone: string) => boolean): void {
    for (const phone of [...this.#bySubscriber.keys()]) {
      if (isThere(phone)) continue;
      for (const { subscription } of [...(this.#bySubscriber.get(phone) ?? [])]) subscription.end('noresource');
    }
    for (const phone of [...this.#byWatched.keys()]) {
      if (isThere(phone)) continue;
      for (const { subscription } of [...(this.#byWatched.get(phone) ?? [])]) subscription.end('noresource');
    }
  }

  close(): void {
    for (const kept of [...this.#bySubscriber.values()].flatMap((set) => [...set])) kept.subscription.close();
  }

  /** A phone beside the subscriber; its own mailbox whatever number it writes, as many phones write that of the voicemail. */
  #watched(eventPackage: EventPackage, subscriber: PhoneConfig, uri: string): PhoneConfig | undefined {
    const { phones, isPrivate } = this.#options;
    const found = phones.find(parseSipUri(uri));
    if (isPrivate(eventPackage)) return found === undefined || found.id === subscriber.id ? subscriber : undefined;
    return found !== undefined && phones.areTogether(subscriber.id, found.id) ? found : undefined;
  }

  #isFullFor(subscriber: string): boolean {
    const own = this.#bySubscriber.get(subscriber)?.size ?? 0;
    return own >= MAX_SUBSCRIPTIONS_PER_PHONE || this.#size >= MAX_SUBSCRIPTIONS;
  }

  #keep(kept: Kept): void {
    this.#size += 1;
    add(this.#bySubscriber, kept.subscriber, kept);
    add(this.#byWatched, kept.watched, kept);
  }

  #forget(kept: Kept): void {
    this.#size -= 1;
    remove(this.#bySubscriber, kept.subscriber, kept);
    remove(this.#byWatched, kept.watched, kept);
  }
}

function add(sets: Map<string, Set<Kept>>, key: string, kept: Kept): void {
  sets.set(key, (sets.get(key) ?? new Set()).add(kept));
}

function remove(sets: Map<string, Set<Kept>>, key: string, kept: Kept): void {
  const set = sets.get(key);
  set?.delete(kept);
  if (set?.size === 0) sets.delete(key);
}

/** Without Accept the package's own type is meant (RFC 6665 section 4.1.2.1). */
function accepts(values: readonly string[], contentType: string): boolean {
  if (values.length === 0) return true;
  const types = values.flatMap(splitList).map((value) => value.split(';')[0]!.trim().toLowerCase());
  const [main] = contentType.split('/');
  return types.some((type) => type === contentType || type === '*/*' || type === `${main!}/*`);
}
