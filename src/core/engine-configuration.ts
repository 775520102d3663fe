import type { Core } from '#core/core.js';
import { readPhoneConfigs } from '#core/phones/index.js';
import type { Engine, PhoneConfig, TrunkConfig } from '#voice/engine.js';

export interface EngineConfiguration {
  trunks: TrunkConfig[];
  phones: PhoneConfig[];
}

/** What the live engine must know of trunks and phones, passwords opened. Handle with care: it is plain text. */
export async function engineConfiguration(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'log'>,
): Promise<EngineConfiguration> {
  return { trunks: await readTrunkConfigs(core), phones: await readPhoneConfigs(core) };
}

/** A trunk whose password cannot be opened (another secret key) is left out, loudly. */
async function readTrunkConfigs(core: Pick<Core, 'db' | 'secrets' | 'log'>): Promise<TrunkConfig[]> {
  const rows = await core.db
    .selectFrom('trunks')
    .select(['id', 'name', 'uri', 'username', 'password_encrypted'])
    .orderBy('id')
    .execute();
  const configs: TrunkConfig[] = [];
  for (const row of rows) {
    try {
      configs.push({
        id: row.id,
        name: row.name,
        uri: row.uri,
        ...(row.username === null ? {} : { username: row.username }),
        ...(row.password_encrypted === null ? {} : { password: core.secrets.open(row.password_encrypted) }),
      });
    } catch {
      core.log.error({ trunk: row.id }, 'the password of a trunk cannot be decrypted: was the secret key changed?');
    }
  }
  return configs;
}

/** One at a time per engine: a snapshot read earlier must never be sent after a later one. */
const lastSent = new WeakMap<Engine, Promise<void>>();

/** Tells the live engine what the database says now. At the start, and after each change of a trunk or phone. */
export async function configureEngine(core: Pick<Core, 'db' | 'clock' | 'secrets' | 'log' | 'engines'>): Promise<void> {
  const engine = core.engines.live;
  const sent = (lastSent.get(engine) ?? Promise.resolve()).then(async () => {
    engine.send({ kind: 'configure', ...(await engineConfiguration(core)) });
  });
  lastSent.set(
    engine,
    sent.catch(() => undefined),
  );
  await sent;
}
