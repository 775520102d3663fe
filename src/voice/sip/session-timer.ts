/**
 * The session timer of one dialog (RFC 4028): a call whose far end has vanished without a BYE ends here. One of the two
 * refreshes the session before half of the interval is over; where no refresh comes, the call ends before its end.
 */
import type { Timer } from '#clock.js';
import type { SipMessage, SipRequest, SipResponse } from '#voice/sip/message.js';
import { parseParams } from '#voice/sip/params.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { hasOption } from '#voice/sip/unsupported.js';

type Field = readonly [name: string, value: string];

/** A call ends so long before its session would, at most (section 10). */
const MAX_MARGIN_SECONDS = 32;
/** Seconds; whoever asks for more gets as much as this. */
const MAX_INTERVAL_SECONDS = 86_400;

export interface SessionTimerUser {
  /** It is ours to refresh the session now. */
  onRefreshDue(): void;
  /** No refresh came or succeeded. */
  onExpired(): void;
}

export class SessionTimer {
  readonly #signalling: Signalling;
  readonly #user: SessionTimerUser;
  #minSeconds: number;
  /** Undefined: the session lasts until its BYE. */
  #agreed: { seconds: number; refresher: 'us' | 'them' } | undefined;
  #refresh: Timer | undefined;
  #expiry: Timer | undefined;

  constructor(signalling: Signalling, user: SessionTimerUser) {
    this.#signalling = signalling;
    this.#user = user;
    this.#minSeconds = minSeconds(signalling);
  }

  /** Of a request of ours in the dialog, which refreshes the session when it is accepted. */
  requestFields(): Field[] {
    if (this.#agreed === undefined) return [];
    const { seconds, refresher } = this.#agreed;
    const interval = Math.max(seconds, this.#minSeconds);
    return [
      ['Session-Expires', `${interval};refresher=${refresher === 'us' ? 'uac' : 'uas'}`],
      ['Min-SE', String(this.#minSeconds)],
    ];
  }

  /** Takes what a 2xx to a request of ours says (section 7.2). */
  accepted(response: SipResponse): void {
    const expires = sessionExpires(response);
    if (expires === undefined) return this.stop();
    this.#start(expires.seconds, expires.refresher === 'uas' ? 'them' : 'us');
  }

  /** What our 2xx to an INVITE or UPDATE says, and holds from then on (section 9). */
  accept(request: SipRequest): Field[] {
    const asked = sessionExpires(request);
    // Proxies ask for a timer, too, but only who makes the request says who is to refresh (section 8.1).
    const supports = hasOption(request, 'Supported', 'timer') || asked?.refresher !== undefined;
    if (asked === undefined && !supports) {
      this.stop();
      return [];
    }
    const seconds = asked?.seconds ?? Math.max(defaultSeconds(this.#signalling), minOf(request) ?? 0);
    const theirs = supports && asked !== undefined && asked.refresher !== 'uas';
    this.#start(seconds, theirs ? 'them' : 'us');
    const fields: Field[] = [['Session-Expires', `${seconds};refresher=${theirs ? 'uac' : 'uas'}`]];
    return theirs ? [['Require', 'timer'], ...fields] : fields;
  }

  /** A 422 to a request of ours (section 7.3); true: it may be sent again. */
  tooSmall(response: SipResponse): boolean {
    const least = minOf(response);
    if (least === undefined || least <= this.#minSeconds) return false;
    this.#minSeconds = least;
    return true;
  }

  /** Our refresh was refused: once more before the session ends. */
  refreshFailed(): void {
    if (this.#agreed?.refresher === 'us') this.#refreshAfter(this.#agreed.seconds / 4);
  }

  stop(): void {
    this.#agreed = undefined;
    this.#refresh?.cancel();
    this.#expiry?.cancel();
  }

  #start(seconds: number, refresher: 'us' | 'them'): void {
    this.stop();
    this.#agreed = { seconds, refresher };
    const margin = Math.min(MAX_MARGIN_SECONDS, seconds / 3);
    this.#expiry = this.#signalling.clock.after((seconds - margin) * 1_000, () => {
      this.stop();
      this.#user.onExpired();
    });
    if (refresher === 'us') this.#refreshAfter(seconds / 2);
  }

  #refreshAfter(seconds: number): void {
    this.#refresh?.cancel();
    this.#refresh = this.#signalling.clock.after(seconds * 1_000, () => this.#user.onRefreshDue());
  }
}

/** Of an INVITE of ours that makes a session; `least`: what a 422 asked for, seconds. */
export function offeredTimer(signalling: Signalling, least = minSeconds(signalling)): Field[] {
  const seconds = Math.max(defaultSeconds(signalling), least);
  return [
    ['Session-Expires', String(seconds)],
    ['Min-SE', String(least)],
  ];
}

/** The fields of our 422, where a request wants its session refreshed more often than we do; undefined: it does not. */
export function tooShortTimer(signalling: Signalling, request: SipRequest): Field[] | undefined {
  const asked = sessionExpires(request);
  // Only who knows the extension can do better the next time (section 9).
  if (asked === undefined || !hasOption(request, 'Supported', 'timer')) return undefined;
  return asked.seconds < minSeconds(signalling) ? [['Min-SE', String(minSeconds(signalling))]] : undefined;
}

/** Min-SE, seconds. */
export function minOf(message: SipMessage): number | undefined {
  return seconds(message.headers.get('Min-SE'));
}

function sessionExpires(message: SipMessage): { seconds: number; refresher: string | undefined } | undefined {
  const value = message.headers.get('Session-Expires');
  const asked = seconds(value);
  if (value === undefined || asked === undefined) return undefined;
  const semicolon = value.indexOf(';');
  return { seconds: asked, refresher: semicolon < 0 ? undefined : refresherOf(value, semicolon) };
}

function refresherOf(value: string, semicolon: number): string | undefined {
  try {
    return parseParams(value, semicolon).get('refresher')?.toLowerCase();
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}

function seconds(value: string | undefined): number | undefined {
  const digits = /^\s*(\d{1,10})\s*(;|$)/.exec(value ?? '')?.[1];
  return digits === undefined ? undefined : Math.min(Number(digits), MAX_INTERVAL_SECONDS);
}

function defaultSeconds({ waits }: Signalling): number {
  return Math.round(waits.sessionExpires / 1_000);
}

function minSeconds({ waits }: Signalling): number {
  return Math.round(waits.minSessionExpires / 1_000);
}
