import type { Core } from '#core/core.js';
import { presentTrunk, selectTrunks, type Trunk } from '#core/trunks/trunk-store.js';
import type { TrunkConfig } from '#voice/engine.js';

/**
 * The trunks as the engine must know them. One whose password cannot be opened (another secret key) is left out, loudly.
 */
export async function readTrunkConfigs(core: Pick<Core, 'db' | 'secrets' | 'log'>): Promise<TrunkConfig[]> {
  const configs: TrunkConfig[] = [];
  for (const row of await selectTrunks(core.db).orderBy('trunks.id').execute()) {
    try {
      const password = row.password_encrypted === null ? undefined : core.secrets.open(row.password_encrypted);
      configs.push({ ...toConfig(presentTrunk(row)), ...given({ password }) });
    } catch {
      core.log.error({ trunk: row.id }, 'the password of a trunk cannot be decrypted: was the secret key changed?');
    }
  }
  return configs;
}

function toConfig({ id, name, uri, username, settings }: Trunk): TrunkConfig {
  const numbers = given({
    called: settings.calledForm,
    caller: settings.callerForm,
    countryCode: settings.countryCode,
    nationalPrefix: settings.nationalPrefix,
    internationalPrefix: settings.internationalPrefix,
    technicalPrefix: settings.techPrefix,
    calledFrom: settings.calledFrom,
  });
  const callerId = given({
    header: settings.callerIdHeader,
    fromHost: settings.fromHost,
    fromUser: settings.fromUser,
    diversion: settings.diversion,
  });
  const tls = given({ verify: settings.tlsVerify, ca: settings.tlsCa });
  return {
    id,
    name,
    uri,
    ...given({
      username: username ?? undefined,
      register: settings.registerSeconds === undefined ? undefined : { expiresSeconds: settings.registerSeconds },
      healthEverySeconds: settings.healthSeconds,
      numbers: unlessEmpty(numbers),
      callerId: unlessEmpty(callerId),
      inboundAddresses: settings.inboundAddresses,
      tls: unlessEmpty(tls),
    }),
  };
}

/** Without what is undefined. */
function given<T extends object>(values: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
}

function unlessEmpty<T extends object>(values: T): T | undefined {
  return Object.keys(values).length === 0 ? undefined : values;
}
