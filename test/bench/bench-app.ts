/** A server for a bench: the real one, with an empty data folder, its own durable PostgreSQL, and free ports. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApp, type RunningApp } from '#app.js';
import { readConfig, type Config } from '#config.js';
import { createAccount, createKey, setLimit } from '#core/accounts/index.js';
import { addNumber, SANDBOX_NUMBER } from '#core/numbers/index.js';
import { rollWebhookSecret } from '#core/webhooks/index.js';

export interface BenchAccount {
  id: string;
  testKey: string;
}

export interface BenchApp {
  app: RunningApp;
  config: Config;
  /** Accounts whose limits are as high as they go. */
  accounts(count: number): Promise<BenchAccount[]>;
  close(): Promise<void>;
}

const LIMITS = { outreach_requests_per_minute: 100_000, concurrent_calls: 100_000, calls_per_second: 10_000 };

export async function openBenchApp(): Promise<BenchApp> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sidetone-bench-'));
  const config = readConfig(benchEnvironment(dataFolder));
  const app = await startApp(config);
  const { core, keyRing } = app.platform;
  return {
    app,
    config,
    accounts: (count) =>
      Promise.all(
        Array.from({ length: count }, async (_, index) => {
          const { id: accountId } = await createAccount(core, { name: `Bench ${index}`, actor: 'bench' });
          for (const [name, value] of Object.entries(LIMITS)) {
            await setLimit({ ...core, keyRing }, { accountId, name, value, actor: 'bench' });
          }
          await addNumber(core, { accountId, mode: 'test', number: SANDBOX_NUMBER, actor: 'bench' });
          await rollWebhookSecret(core, accountId);
          const { secret } = await createKey(core, { accountId, mode: 'test', actor: 'bench' });
          return { id: accountId, testKey: secret };
        }),
      ),
    async close() {
      await app.close();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

export function benchEnvironment(dataFolder: string): Record<string, string> {
  return {
    SIDETONE_DATA: dataFolder,
    SIDETONE_PORT: '0',
    SIDETONE_SIP_PORT: '0',
    SIDETONE_RTP_PORTS: '0',
    SIDETONE_DRAIN_SECONDS: '0',
    SIDETONE_LOG_LEVEL: 'error',
  };
}

export const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
