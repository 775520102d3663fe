/**
 * Addresses that are not answered for a while (rule 13). A ban needs proof that the address is not forged: a TCP or TLS
 * connection, or a nonce of ours that came back from it. Addresses of trunks and of registered contacts are never banned.
 */
import type { Clock, Timer } from '#clock.js';
import type { Ban } from '#voice/engine.js';
import { networkOf } from '#voice/sip/address-network.js';

/** So many strikes within `STRIKES_KEPT_MS`: a phone with a wrong password makes one a minute or so. */
const MAX_STRIKES = 30;
const STRIKES_KEPT_MS = 600_000;
const MAX_STRUCK = 1_000;
const MAX_BANS = 1_000;
/** Doubled at every further ban of the same address, which is remembered for as long again after its end. */
const FIRST_BAN_MS = 600_000;
const LONGEST_BAN_MS = 86_400_000;

export interface BansOptions {
  clock: Clock;
  /** A trunk's, a registered contact's, or our own machine's. */
  isKnown: (address: string) => boolean;
  onChange: (bans: Ban[]) => void;
}

export class Bans {
  readonly #options: BansOptions;
  /** In order of the last strike. */
  readonly #strikes = new Map<string, { count: number; until: number }>();
  /** In order of banning, with those that ended a while ago. */
  readonly #bans = new Map<string, { ban: Ban; lengthMs: number }>();
  #expiry: Timer | undefined;

  constructor(options: BansOptions) {
    this.#options = options;
  }

  /** The address, proved not to be forged, did what only an attacker does often. */
  strike(address: string, reason: string): void {
    if (this.#options.isKnown(address)) return;
    const now = this.#options.clock.now();
    const network = networkOf(address);
    const known = this.#strikes.get(network);
    const isRecent = known !== undefined && known.until > now;
    const count = (isRecent ? known.count : 0) + 1;
    this.#strikes.delete(network);
    if (count >= MAX_STRIKES) return this.#ban(network, reason);
    this.#strikes.set(network, { count, until: isRecent ? known.until : now + STRIKES_KEPT_MS });
    forgetOldest(this.#strikes, MAX_STRUCK);
  }

  isBanned(address: string): boolean {
    const known = this.#bans.get(networkOf(address));
    return known !== undefined && this.#isLive(known.ban) && !this.#options.isKnown(address);
  }

  list(): Ban[] {
    return [...this.#bans.values()].map(({ ban }) => ban).filter((ban) => this.#isLive(ban));
  }

  /** Without an address all of them. */
  lift(address?: string): void {
    if (address === undefined) this.#bans.clear();
    else this.#bans.delete(networkOf(address));
    this.#changed();
  }

  close(): void {
    this.#expiry?.cancel();
  }

  #ban(address: string, reason: string): void {
    const since = this.#options.clock.now();
    const before = this.#bans.get(address);
    const isAgain = before !== undefined && before.ban.until + before.lengthMs > since;
    const lengthMs = isAgain ? Math.min(before.lengthMs * 2, LONGEST_BAN_MS) : FIRST_BAN_MS;
    this.#bans.delete(address);
    this.#bans.set(address, { ban: { address, reason, since, until: since + lengthMs }, lengthMs });
    forgetOldest(this.#bans, MAX_BANS);
    this.#changed();
  }

  #changed(): void {
    const bans = this.list();
    this.#options.onChange(bans);
    this.#expiry?.cancel();
    if (bans.length === 0) return;
    const next = Math.min(...bans.map(({ until }) => until));
    this.#expiry = this.#options.clock.after(next - this.#options.clock.now(), () => this.#changed());
  }

  #isLive({ until }: Ban): boolean {
    return until > this.#options.clock.now();
  }
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  const oldest = map.keys().next();
  if (map.size > most && oldest.done !== true) map.delete(oldest.value);
}
