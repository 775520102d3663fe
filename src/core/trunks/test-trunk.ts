import { randomUUID } from 'node:crypto';
import type { Core } from '#core/core.js';
import { findTrunk } from '#core/trunks/trunk-store.js';

export interface TrunkTest {
  ok: boolean;
  /** What the trunk's proxy answered; undefined when nothing came. */
  sipCode: number | undefined;
  /** A sentence about the answer, or about its absence. */
  detail: string;
}

/** Longer than a SIP transaction may take (timer F, 32 s), for an engine that has stopped answering. */
const PROBE_LIMIT_MS = 40_000;

/** Asks the trunk's proxy for a sign of life (OPTIONS). */
export async function testTrunk(
  core: Pick<Core, 'db' | 'clock' | 'engines'>,
  input: { name: string; accountId?: string },
): Promise<TrunkTest> {
  const trunk = await findTrunk(core.db, input);
  const engine = core.engines.live;
  const probe = randomUUID();
  return new Promise((resolve) => {
    const finish = (result: TrunkTest): void => {
      stopListening();
      limit.cancel();
      resolve(result);
    };
    const stopListening = engine.on((event) => {
      if (event.kind !== 'probe.done' || event.probe !== probe) return;
      finish({ ok: event.ok, sipCode: event.sipCode, detail: event.detail });
    });
    const limit = core.clock.after(PROBE_LIMIT_MS, () =>
      finish({ ok: false, sipCode: undefined, detail: 'The phone engine did not report back.' }),
    );
    engine.send({ kind: 'probe', probe, trunk: trunk.id });
  });
}
