import { sql } from 'kysely';
import type { CarrierConfig, Carriers } from '#carriers/carrier.js';
import { openSecrets, selectCarriers } from '#core/carriers/carrier-store.js';
import type { Core } from '#core/core.js';

/** The NOTIFY channel on which a process tells the others that carriers changed; the payload is its node. */
export const CARRIERS_CHANNEL = 'carrier_configuration';

type Parts = Pick<Core, 'db' | 'secrets' | 'log' | 'carriers'>;
/** What changes of carriers need. */
export type ConfiguringCore = Parts & Pick<Core, 'clock' | 'node'>;

/** One at a time per set of connections: what was read earlier must never be applied after what was read later. */
const lastApplied = new WeakMap<Carriers, Promise<void>>();

/** Connects this process to the carriers that the database names. */
export async function configureCarriers(core: Parts): Promise<void> {
  const { carriers } = core;
  const applied = (lastApplied.get(carriers) ?? Promise.resolve()).then(async () =>
    carriers.configure(await readCarrierConfigs(core)),
  );
  lastApplied.set(
    carriers,
    applied.catch(() => undefined),
  );
  await applied;
}

/** After each change of a carrier: this process's connections are so before this returns, the others' soon. */
export async function reconfigureCarriers(core: Parts & Pick<Core, 'node'>): Promise<void> {
  await configureCarriers(core);
  await sql`select pg_notify(${CARRIERS_CHANNEL}, ${String(core.node)})`.execute(core.db);
}

/**
 * The carriers as their adapters must know them, secrets opened: to be handled with care. One whose secrets cannot be
 * opened (another secret key) is left out, loudly.
 */
export async function readCarrierConfigs(core: Pick<Core, 'db' | 'secrets' | 'log'>): Promise<CarrierConfig[]> {
  const configs: CarrierConfig[] = [];
  for (const { id, name, kind, settings, secrets_encrypted } of await selectCarriers(core.db).orderBy('id').execute()) {
    try {
      const secrets = openSecrets(core, secrets_encrypted);
      // Settings were checked by kind before they were written.
      configs.push({ id, name, kind, settings, secrets } as unknown as CarrierConfig);
    } catch {
      core.log.error({ carrier: id }, 'the secrets of a carrier cannot be decrypted: was the secret key changed?');
    }
  }
  return configs;
}
