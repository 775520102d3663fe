import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { readPhoneConfigs } from '#core/phones/index.js';
import { readTrunkConfigs } from '#core/trunks/index.js';
import type { Engine } from '#voice/engine.js';

/** The NOTIFY channel on which a process tells the others that trunks or phones changed; the payload is its node. */
export const CONFIGURATION_CHANNEL = 'engine_configuration';

type Parts = Pick<Core, 'db' | 'clock' | 'secrets' | 'log' | 'engines'>;

/** One at a time per engine: a snapshot read earlier must never be sent after a later one. */
const lastSent = new WeakMap<Engine, Promise<void>>();

/**
 * Tells the live engine of this process what the database says now of trunks and phones, passwords opened: the command
 * is to be handled with care, it is plain text.
 */
export async function configureEngine(core: Parts): Promise<void> {
  const engine = core.engines.live;
  const sent = (lastSent.get(engine) ?? Promise.resolve()).then(async () => {
    engine.send({ kind: 'configure', trunks: await readTrunkConfigs(core), phones: await readPhoneConfigs(core) });
  });
  lastSent.set(
    engine,
    sent.catch(() => undefined),
  );
  await sent;
}

/** After each change of a trunk or phone: this process's engine knows it before this returns, the others' soon. */
export async function reconfigureEngines(core: Parts & Pick<Core, 'node'>): Promise<void> {
  await configureEngine(core);
  await sql`select pg_notify(${CONFIGURATION_CHANNEL}, ${String(core.node)})`.execute(core.db);
}
