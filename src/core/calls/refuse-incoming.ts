import type { Core } from '#core/core.js';
import type { Mode } from '#core/tables.js';
import type { EngineEvent } from '#voice/engine.js';

/** What a trunk or a phone is told when its call has no route (rule 9). Strangers never come so far. */
const NO_ROUTE = 480;

/**
 * Ends a call that comes in and that nothing is set up to take, so that its caller is not left waiting. The doctor's
 * own loopback call is answered by the doctor.
 */
export function refuseIncoming(
  core: Pick<Core, 'engines' | 'log'>,
  mode: Mode,
  { leg, origin }: Extract<EngineEvent, { kind: 'leg.incoming' }>,
): void {
  if (origin.kind === 'loopback') return;
  core.log.info({ origin }, 'an incoming call has no route and is refused');
  core.engines[mode].send({ kind: 'hangup', leg, sipCode: NO_ROUTE });
}
