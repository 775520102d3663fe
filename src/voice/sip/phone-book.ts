/** The configured phones: who a SIP address belongs to, and whether a request really comes from it (RFC 3261 section 22). */
import type { Clock } from '#clock.js';
import type { PhoneConfig } from '#voice/engine.js';
import type { DigestServer } from '#voice/sip/digest-server.js';
import type { Signalling } from '#voice/sip/signalling.js';
import type { Peer, ServerTransaction } from '#voice/sip/transport.js';
import type { Uri } from '#voice/sip/uri.js';

/** Wrong passwords from one address for one name until the answer is a plain 403. */
const MAX_WRONG_TRIES = 3;
const WRONG_TRIES_KEPT_MS = 300_000;
const MAX_WRONG_ENTRIES = 1_000;
const MAX_NAME_LENGTH = 64;

export class PhoneBook {
  readonly #signalling: Signalling;
  readonly #digest: DigestServer;
  readonly #clock: Clock;
  #phones = new Map<string, PhoneConfig>();
  /** Those of one name in all domains: a flood of requests must not go through all phones for each. */
  #named = new Map<string, PhoneConfig[]>();
  /** By address and name. A right password is let in whatever is written here: nobody can be locked out. */
  readonly #wrongTries = new Map<string, { count: number; until: number }>();

  constructor(signalling: Signalling, digest: DigestServer) {
    this.#signalling = signalling;
    this.#digest = digest;
    this.#clock = signalling.clock;
  }

  configure(phones: PhoneConfig[]): void {
    this.#phones = new Map(phones.map((phone) => [phone.id, phone]));
    this.#named = new Map();
    for (const phone of phones) this.#named.set(phone.name, [...(this.#named.get(phone.name) ?? []), phone]);
  }

  get(id: string): PhoneConfig | undefined {
    return this.#phones.get(id);
  }

  /** Whether both are there and belong to the same domain. */
  areTogether(id: string, other: string): boolean {
    const [one, two] = [this.#phones.get(id), this.#phones.get(other)];
    return one !== undefined && two !== undefined && one.domain?.toLowerCase() === two.domain?.toLowerCase();
  }

  /** The phone with this address of record. */
  find(address: Uri): PhoneConfig | undefined {
    if (address.scheme !== 'sip' && address.scheme !== 'sips') return undefined;
    const named = this.#named.get(address.user ?? '') ?? [];
    return (
      named.find(({ domain }) => domain?.toLowerCase() === address.host) ??
      named.find(({ domain }) => domain === undefined)
    );
  }

  /**
   * Whether the request proves to come from `phone`. If not it has been answered: 401 with a challenge, or 403 after too
   * many wrong passwords. An unknown phone (undefined) is asked for a password like any other and never has the right one.
   */
  authenticate(phone: PhoneConfig | undefined, transaction: ServerTransaction, from: Peer): boolean {
    const verdict = this.#digest.verify(
      transaction.request,
      from,
      (username) => (phone !== undefined && isNameOf(username, phone) ? phone.password : undefined),
      phone?.digest,
    );
    const challenge = (stale: boolean): void => this.#challenge(phone, transaction, from, stale);
    if (verdict.ok) {
      this.#wrongTries.delete(`${from.address} ${verdict.username}`);
      return true;
    }
    switch (verdict.why) {
      case 'missing':
        challenge(false);
        break;
      case 'malformed':
        this.#signalling.dismiss(transaction, from, 400, { reason: 'Malformed credentials' });
        break;
      case 'nonce':
        challenge(verdict.stale);
        break;
      case 'wrong':
        this.#signalling.bans.strike(from.address, 'wrong passwords');
        if (this.#countWrong(`${from.address} ${verdict.username.slice(0, MAX_NAME_LENGTH)}`) <= MAX_WRONG_TRIES) {
          challenge(false);
        } else this.#signalling.dismiss(transaction, from, 403);
        break;
    }
    return false;
  }

  #challenge(phone: PhoneConfig | undefined, transaction: ServerTransaction, from: Peer, stale: boolean): void {
    const headers = this.#digest
      .challenges(from, { stale, algorithms: phone?.digest })
      .map((value): [string, string] => ['WWW-Authenticate', value]);
    this.#signalling.dismiss(transaction, from, 401, { headers });
  }

  #countWrong(key: string): number {
    const now = this.#clock.now();
    const known = this.#wrongTries.get(key);
    const count = (known !== undefined && known.until > now ? known.count : 0) + 1;
    // Again at the end: the map's first entry is the one that was wrong the longest ago.
    this.#wrongTries.delete(key);
    this.#wrongTries.set(key, { count, until: now + WRONG_TRIES_KEPT_MS });
    const oldest = this.#wrongTries.keys().next();
    if (this.#wrongTries.size > MAX_WRONG_ENTRIES && oldest.done !== true) this.#wrongTries.delete(oldest.value);
    return count;
  }
}

/** Some phones put their whole address into the user name. */
function isNameOf(username: string, { name, domain }: PhoneConfig): boolean {
  return username === name || (domain !== undefined && username === `${name}@${domain}`);
}
