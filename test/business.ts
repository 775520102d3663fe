import type { Core } from '#core/core.js';
import { openSecretBox } from '#core/secret-box.js';
import { KnownSites } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';
import { openDatabase } from '#storage/database.js';
import type { Engine, EngineCommand, EngineEvent, EngineEventBody } from '#voice/engine.js';
import { createTestDatabase } from './database.js';
import { HeldClock } from './held-clock.js';
import { wakesTelling } from './wakes.js';

/** An engine that does nothing but remember its commands, and says what the test tells it to say. */
export class ScriptedEngine implements Engine {
  readonly commands: EngineCommand[] = [];
  #listeners = new Set<(event: EngineEvent) => void>();
  #seq = 0;

  /** Called for each command; may `emit` at once. */
  onCommand: (command: EngineCommand) => void = () => undefined;

  send(command: EngineCommand): void {
    this.commands.push(command);
    this.onCommand(command);
  }

  on(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  emit(event: EngineEventBody): void {
    for (const listener of this.#listeners) listener({ seq: ++this.#seq, at: 0, ...event });
  }

  async close(): Promise<void> {}
}

/** The part of core that the use cases around numbers, phones and trunks need, on a database of its own. */
export type Business = Pick<Core, 'db' | 'clock' | 'secrets' | 'log' | 'node' | 'keyRing' | 'knownSites' | 'wake'> & {
  clock: HeldClock;
  live: ScriptedEngine;
  engines: Record<'live' | 'test', Engine>;
  /** What was logged as an error. */
  errors: string[];
  /** Adds an account and gives its id. */
  account(name: string): Promise<string>;
  close(): Promise<void>;
};

export async function openBusiness(): Promise<Business> {
  const database = await createTestDatabase();
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const storage = await openDatabase<Tables>({ connection: database.connection, log: silent, maxConnections: 4 });
  const clock = new HeldClock();
  const live = new ScriptedEngine();
  const errors: string[] = [];
  return {
    db: storage.kysely,
    clock,
    node: 1,
    secrets: openSecretBox('a secret of the test'),
    keyRing: { forget: () => undefined },
    knownSites: new KnownSites({ db: storage.kysely, clock }),
    wake: wakesTelling(),
    log: { ...silent, error: (_details: object, message: string) => void errors.push(message) },
    live,
    engines: { live, test: new ScriptedEngine() },
    errors,
    async account(name) {
      const id = `acc_${name}`;
      clock.advance(1);
      await storage.kysely
        .insertInto('accounts')
        .values({ id, name, domain: `${name}.sidetone.test`, created_at: new Date(clock.now()) })
        .execute();
      return id;
    },
    async close() {
      await storage.close();
      await database.close();
    },
  };
}
