import { listCarriers, testCarrier } from '#core/carriers/index.js';
import type { Core } from '#core/core.js';
import type { Check } from '#core/doctor/run-checks.js';

/** Asks each of those who carry the account's texts for a sign of life. */
export async function* checkCarriers(core: Pick<Core, 'db' | 'carriers'>, accountId: string): AsyncGenerator<Check> {
  const carriers = await listCarriers(core, { accountId });
  if (carriers.length === 0) {
    yield {
      name: 'text carriers',
      status: 'warn',
      message:
        'There is none, so texts of live keys are refused: "sidetone carriers add NAME --smpp host:port …" adds one, docs/carriers.md has the others.',
    };
  }
  for (const { name, kind } of carriers) {
    const { ok, detail } = await testCarrier(core, { name, accountId });
    yield {
      name: `text carrier ${name}`,
      status: ok ? 'ok' : 'fail',
      message: ok ? `${kind}: ${detail}` : `${kind}: ${detail} Check its address and its secrets.`,
    };
  }
}
