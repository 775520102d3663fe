import { DEFAULT_SETTINGS, type Destination, type PhoneSystemSettings } from '#core/call-flow/index.js';
import { addNumber } from '#core/numbers/index.js';
import { createUser } from '#core/people/index.js';
import { addPhone } from '#core/phones/index.js';
import { changeRouting, type RoutingDraft } from '#core/routing/index.js';
import { addTrunk } from '#core/trunks/index.js';
import type { EndCause, EngineCommand, EngineEventBody } from '#voice/engine.js';
import { ScriptedEngine } from './business.js';
import { HeldClock } from './held-clock.js';
import { openWorld, type World } from './world.js';

/** The office's number, and somebody outside. */
export const OURS = '+12125550199';
export const THEIRS = '+14155550123';

/** The office's phones leave evenly spaced. */
const PACE_MS = 1000;

type LegIncoming = Extract<EngineEventBody, { kind: 'leg.incoming' }>;
type Command<K extends EngineCommand['kind']> = Extract<EngineCommand, { kind: K }>;

/**
 * A world whose live network says what the test tells it to say: phones 101 (Anna's), 102 and 103, a number and one trunk.
 * Whoever waits for our answer has it at once, and whoever is hung up on is gone, unless `isPrompt` is taken away.
 */
export class Office {
  isPrompt = true;
  #legs = 0;
  readonly #answered = new Set<string>();
  readonly #ended = new Set<string>();

  private constructor(
    readonly world: World,
    readonly engine: ScriptedEngine,
    readonly phones: Readonly<Record<string, string>>,
    readonly trunk: string,
  ) {
    engine.onCommand = (command) => this.#obey(command);
  }

  /** `atMs`: what the clock says at first. */
  static async open(atMs?: number): Promise<Office> {
    const engine = new ScriptedEngine();
    const world = await openWorld({ live: () => engine, clock: new HeldClock(atMs) });
    const { core, account } = world;
    const owner = { accountId: account.id, actor: 'test' };
    await addNumber(core, { ...owner, mode: 'live', number: OURS });
    const phones: Record<string, string> = {};
    for (const name of ['101', '102', '103']) phones[name] = (await addPhone(core, { ...owner, name })).id;
    const anna = { name: 'Anna', email: 'anna@example.com', role: 'owner', phones: ['101'] } as const;
    await createUser(core, { ...owner, mode: 'live', ...anna });
    const carrier = { name: 'carrier', uri: 'sip:127.0.0.1:5999', sipHost: '127.0.0.1', callsPerSecond: 100 };
    const { id } = await addTrunk(core, { ...carrier, actor: 'test' });
    return new Office(world, engine, phones, id);
  }

  async close(): Promise<void> {
    this.isPrompt = true;
    for (const { leg } of this.sent('hangup')) this.#obey({ kind: 'hangup', leg });
    await this.world.close();
  }

  /** Where calls to the office's number lead, and what the account has set. */
  async route(to: Destination | undefined, settings: Partial<PhoneSystemSettings> = {}): Promise<void> {
    const { db } = this.world.core;
    const { id } = await db.selectFrom('numbers').select('id').where('number', '=', OURS).executeTakeFirstOrThrow();
    await this.change((draft) => {
      draft.put('settings', 0, { ...DEFAULT_SETTINGS, ...settings });
      draft.put('number', id, { description: '', destination: to ?? null, record: null, welcome: null });
      return Promise.resolve();
    });
  }

  change<T>(change: (draft: RoutingDraft) => Promise<T>): Promise<T> {
    const { core, account } = this.world;
    return changeRouting(core, { accountId: account.id, mode: 'live', author: 'test', summary: 'test' }, change);
  }

  /** Somebody outside calls the office; their leg. */
  async comesIn(from = THEIRS, more: Partial<LegIncoming> = {}): Promise<string> {
    const leg = this.beginsOutside(from, more);
    await this.world.settle();
    return leg;
  }

  /** The same, before anything has come of it. */
  beginsOutside(from = THEIRS, more: Partial<LegIncoming> = {}): string {
    const leg = `outside-${(this.#legs += 1)}`;
    const origin = { kind: 'trunk', trunk: this.trunk } as const;
    this.engine.emit({ kind: 'leg.incoming', leg, origin, from, to: OURS, ...more });
    return leg;
  }

  /** One more way out. */
  async addTrunk(name: string, more: Partial<Parameters<typeof addTrunk>[1]> = {}): Promise<string> {
    const place = { uri: 'sip:127.0.0.1:5999', sipHost: '127.0.0.1', callsPerSecond: 100 };
    return (await addTrunk(this.world.core, { name, ...place, actor: 'test', ...more })).id;
  }

  /** A phone of the office calls; its leg. */
  async dials(phone: string, to: string, more: { replaces?: string } = {}): Promise<string> {
    const leg = this.begins(phone, to, more);
    await this.world.settle();
    await this.world.run(PACE_MS);
    return leg;
  }

  /** The same, before anything has come of it. */
  begins(phone: string, to: string, more: { replaces?: string } = {}): string {
    const leg = `${phone}-${(this.#legs += 1)}`;
    const origin = { kind: 'phone', phone: this.phones[phone]! } as const;
    this.engine.emit({ kind: 'leg.incoming', leg, origin, from: phone, to, ...more });
    return leg;
  }

  async says(event: EngineEventBody): Promise<void> {
    if (event.kind === 'leg.answered') this.#answered.add(event.leg);
    if (event.kind === 'leg.ended') this.#ended.add(event.leg);
    this.engine.emit(event);
    await this.world.settle();
  }

  answers(leg: string): Promise<void> {
    return this.says({ kind: 'leg.answered', leg, sipCode: 200 });
  }

  ends(leg: string, cause: EndCause = 'hangup', by: 'us' | 'them' = 'them'): Promise<void> {
    return this.says({ kind: 'leg.ended', leg, cause, by });
  }

  /** What is played to a leg, and does not go round, is over. */
  async heard(leg: string, outcome: 'completed' | 'stopped' | 'failed' = 'completed'): Promise<void> {
    const played = this.playedTo(leg).filter(({ loop }) => loop !== true);
    const last = played.at(-1);
    if (last !== undefined) await this.says({ kind: 'job.done', leg, job: last.job, outcome, durationMs: 1000 });
  }

  presses(leg: string, digit: string): Promise<void> {
    return this.says({ kind: 'dtmf', leg, digit, via: 'rfc4733', durationMs: 100 });
  }

  asks(leg: string, to: string, more: { replaces?: string } = {}): Promise<void> {
    return this.says({ kind: 'transfer.request', leg, transfer: `t-${leg}`, to, ...more });
  }

  sent<K extends EngineCommand['kind']>(kind: K): Command<K>[] {
    return this.engine.commands.filter((command): command is Command<K> => command.kind === kind);
  }

  /** The last leg that was dialled. */
  dialled(): Command<'dial'> {
    const last = this.sent('dial').at(-1);
    if (last === undefined) throw new Error('nobody is dialled');
    return last;
  }

  playedTo(leg: string): Command<'play'>[] {
    return this.sent('play').filter((play) => play.leg === leg);
  }

  /** Both legs of the last bridge. */
  together(): Set<string> {
    const { leg, with: other } = this.sent('bridge').at(-1) ?? { leg: '', with: '' };
    return new Set([leg, other]);
  }

  /** How transfers got on. */
  progress(): number[] {
    return this.sent('transferProgress').map(({ sipCode }) => sipCode);
  }

  isHungUp(leg: string): boolean {
    return this.sent('hangup').some((each) => each.leg === leg);
  }

  refusalOf(leg: string): number | undefined {
    return this.sent('hangup').find((each) => each.leg === leg)?.sipCode;
  }

  calls() {
    return this.world.core.db.selectFrom('calls').selectAll().orderBy('id').execute();
  }

  async stepsOf(callId: string): Promise<{ type: string; description: string }[]> {
    const { db } = this.world.core;
    const steps = db.selectFrom('call_steps').select(['type', 'description']).where('call_id', '=', callId);
    return steps.orderBy('position').execute();
  }

  #obey(command: EngineCommand): void {
    if (!this.isPrompt) return;
    if (command.kind === 'answer' && !this.#answered.has(command.leg)) {
      this.#answered.add(command.leg);
      this.engine.emit({ kind: 'leg.answered', leg: command.leg, sipCode: 200 });
    }
    if (command.kind === 'hangup' && !this.#ended.has(command.leg)) {
      this.#ended.add(command.leg);
      const cause = this.#answered.has(command.leg) ? 'hangup' : 'canceled';
      const sipCode = command.sipCode === undefined ? {} : { sipCode: command.sipCode };
      this.engine.emit({ kind: 'leg.ended', leg: command.leg, cause, by: 'us', ...sipCode });
    }
  }
}
