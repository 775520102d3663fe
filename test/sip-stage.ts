import { expect } from 'vitest';
import { addNumber } from '#core/numbers/index.js';
import { addTrunk, removeTrunk } from '#core/trunks/index.js';
import type { TextToSpeech } from '#speech/tts.js';
import { openPhone, type Phone, type PhoneOptions } from './phones.js';
import { openReceiver, type Receiver } from './receiver.js';
import { openWorld, type RequestOptions, type Reply, type World } from './world.js';

/** Our number: the caller of every call. */
export const FROM = '+18005550199';
/** Somebody out in the telephone network, unless a test says otherwise. */
export const TO = '+12125550100';

/** The engine's timers are short in a test world, so the phones' are too. */
const SHORT_TIMERS = { t1Ms: 50, t2Ms: 400 };
const TRUNK = 'carrier';

type Credentials = { username?: string; password?: string };

/** The platform with its real SIP engine, a carrier that the test plays, and the application that gets the webhooks. */
export async function openSipStage(options: { tts?: TextToSpeech } = {}): Promise<SipStage> {
  const world = await openWorld({ live: 'sip', ...options });
  await addNumber(world.core, { accountId: world.account.id, mode: 'live', number: FROM, actor: 'test' });
  return new SipStage(world, await openReceiver());
}

export class SipStage {
  readonly #phones: Phone[] = [];
  #hasTrunk = false;

  constructor(
    private current: World,
    readonly receiver: Receiver,
  ) {}

  get world(): World {
    return this.current;
  }

  /** A phone of anybody's; a test need not close it. */
  async phone(options: PhoneOptions = {}): Promise<Phone> {
    const phone = await openPhone({ timers: SHORT_TIMERS, ...options });
    this.#phones.push(phone);
    return phone;
  }

  /** A phone in the place of the carrier: all calls out of the installation come to it. */
  async carrier(options: PhoneOptions & Credentials = {}): Promise<Phone> {
    const { username, password, ...rest } = options;
    const phone = await this.phone({ user: 'carrier', ...rest });
    const transport = rest.transport === 'tcp' ? ';transport=tcp' : '';
    await this.trunk(`sip:127.0.0.1:${phone.port}${transport}`, {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    });
    return phone;
  }

  /** The only way out from now on. */
  async trunk(uri: string, credentials: Credentials = {}): Promise<void> {
    await this.noTrunk();
    await addTrunk(this.world.core, {
      name: TRUNK,
      uri,
      ...credentials,
      callsPerSecond: 100,
      // A sipp that awaits one INVITE takes a question after its health for the call, and ends.
      healthSeconds: 0,
      sipHost: this.world.sip.host,
      actor: 'test',
    });
    this.#hasTrunk = true;
  }

  async noTrunk(): Promise<void> {
    if (this.#hasTrunk) await removeTrunk(this.world.core, { name: TRUNK, actor: 'test' });
    this.#hasTrunk = false;
  }

  /** A request with the live key. */
  request(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
    return this.world.request(method, path, { key: this.world.keys.live, ...options });
  }

  /** Places a call whose words take a second; returns its id. */
  async place(more: object = {}): Promise<string> {
    const body = {
      to: TO,
      from: FROM,
      message: 'Press one to confirm.',
      dtmf: { '1': { action: 'webhook', url: `${this.receiver.url}/confirm` } },
      // The phones of these tests say nothing when they answer, and are spoken to at once.
      amd: { enabled: false },
      webhook_url: `${this.receiver.url}/call-status`,
      ...more,
    };
    const reply = await this.request('POST', '/api/v1/calls', { body });
    expect(reply.status, JSON.stringify(reply.body)).toBe(201);
    return String(reply.body['call_id']);
  }

  /** The call as `GET` shows it, once it has ended and all that is to be told of it has been delivered. */
  async ended(callId: string): Promise<Record<string, unknown>> {
    const { core } = this.world;
    await this.world.runUntil(
      `the end of ${callId}`,
      async () => {
        const call = await core.db.selectFrom('calls').select('ended_at').where('id', '=', callId).executeTakeFirst();
        return call?.ended_at instanceof Date;
      },
      40_000,
    );
    await this.world.runUntil('every delivery', async () => {
      const pending = await core.db.selectFrom('deliveries').select('id').where('status', '=', 'pending').execute();
      return pending.length === 0;
    });
    return (await this.request('GET', `/api/v1/calls/${callId}`)).body;
  }

  /** What the application was told of a call, as `path event`, sorted: deliveries of one call may overtake each other. */
  told(callId: string): string[] {
    return this.receiver.received
      .filter(({ body }) => body['call_id'] === callId)
      .map(({ path, body }) => `${path} ${String(body['event'])}`)
      .sort();
  }

  /** The body of the one event of this name that came to this path. */
  event(callId: string, name: string, at = '/call-status'): Record<string, unknown> {
    const found = this.receiver.received.filter(
      ({ path, body }) => path === at && body['event'] === name && body['call_id'] === callId,
    );
    expect(found, `${name} of ${callId}`).toHaveLength(1);
    return found[0]?.body ?? {};
  }

  /** Another process on the same database, on another port. */
  async restart(): Promise<void> {
    this.current = await this.current.restart();
  }

  /** After each test: nobody broke a rule of the protocol, no call's rows contradict each other, all was signed. */
  async clear(): Promise<void> {
    const phones = this.#phones.splice(0);
    expect(phones.flatMap((phone) => phone.complaints())).toEqual([]);
    for (const phone of phones) await phone.close();
    expect(await this.world.violations()).toEqual([]);
    if (this.receiver.received.length > 0) expect(this.receiver.allSigned(this.world.webhookSecret)).toBe(true);
    this.receiver.received.length = 0;
  }

  async close(): Promise<void> {
    await this.world.close();
    await this.receiver.close();
  }
}
