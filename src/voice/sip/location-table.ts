/** Where registered phones are (RFC 3261 section 10.3): a bounded list of contacts for each, with their expiry. */
import type { Clock, Timer } from '#clock.js';
import type { PhoneContact } from '#voice/engine.js';
import { parseUri, uriEquals } from '#voice/sip/uri.js';

export interface Binding extends PhoneContact {
  /** Of the REGISTER that made it; undefined for one known from before a restart. */
  callId?: string;
  sequence?: number;
}

export const MAX_CONTACTS_PER_PHONE = 10;

export class LocationTable {
  readonly #clock: Clock;
  readonly #onChange: (phone: string, contacts: PhoneContact[]) => void;
  readonly #phones = new Map<string, { bindings: Binding[]; expiry: Timer | undefined }>();
  /** How many contacts are at each address. */
  readonly #addresses = new Map<string, number>();

  constructor(clock: Clock, onChange: (phone: string, contacts: PhoneContact[]) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The live ones, newest first. */
  bindings(phone: string): Binding[] {
    const now = this.#clock.now();
    return (this.#phones.get(phone)?.bindings ?? []).filter(({ expiresAt }) => expiresAt > now);
  }

  /** Contacts from before a restart; what the phone itself has said since counts more. */
  seed(phone: string, contacts: PhoneContact[]): void {
    if (!this.#phones.has(phone)) this.#keep(phone, contacts);
  }

  /** Adds or renews; where there are too many, those that expire first go. */
  put(phone: string, fresh: Binding[]): void {
    const kept = this.bindings(phone).filter(
      (old) => !fresh.some((binding) => sameUri(old.uri, binding.uri) || isSuccessor(binding, old)),
    );
    this.#keep(phone, [...fresh, ...kept]);
    this.#changed(phone);
  }

  remove(phone: string, isGone: (binding: Binding) => boolean): void {
    this.#keep(
      phone,
      this.bindings(phone).filter((binding) => !isGone(binding)),
    );
    this.#changed(phone);
  }

  /** The phone is not configured any more. */
  forget(phone: string): void {
    this.#phones.get(phone)?.expiry?.cancel();
    this.#count(phone, []);
    this.#phones.delete(phone);
  }

  /** Whether a phone is registered from there. */
  isAt(address: string): boolean {
    return this.#addresses.has(address);
  }

  *phones(): Generator<string> {
    yield* this.#phones.keys();
  }

  close(): void {
    for (const phone of [...this.#phones.keys()]) this.forget(phone);
  }

  #keep(phone: string, bindings: Binding[]): void {
    this.#phones.get(phone)?.expiry?.cancel();
    const longestFirst = [...bindings].sort((a, b) => b.expiresAt - a.expiresAt).slice(0, MAX_CONTACTS_PER_PHONE);
    const kept = bindings.filter((binding) => longestFirst.includes(binding));
    this.#count(phone, kept);
    const next = longestFirst.at(-1);
    const expiry = next && this.#clock.after(next.expiresAt - this.#clock.now(), () => this.remove(phone, () => false));
    this.#phones.set(phone, { bindings: kept, expiry });
  }

  #count(phone: string, fresh: Binding[]): void {
    for (const { address } of this.#phones.get(phone)?.bindings ?? []) {
      const left = (this.#addresses.get(address) ?? 1) - 1;
      if (left > 0) this.#addresses.set(address, left);
      else this.#addresses.delete(address);
    }
    for (const { address } of fresh) this.#addresses.set(address, (this.#addresses.get(address) ?? 0) + 1);
  }

  #changed(phone: string): void {
    this.#onChange(
      phone,
      this.bindings(phone).map(({ uri, transport, address, port, expiresAt }) => ({
        uri,
        transport,
        address,
        port,
        expiresAt,
      })),
    );
  }
}

export function sameUri(a: string, b: string): boolean {
  return a === b || uriEquals(parseUri(a), parseUri(b));
}

/** A phone that restarted registers from the same place anew; its old contact would ring it twice. */
function isSuccessor(fresh: Binding, old: Binding): boolean {
  return (
    fresh.callId !== old.callId &&
    fresh.transport === old.transport &&
    fresh.address === old.address &&
    fresh.port === old.port
  );
}
