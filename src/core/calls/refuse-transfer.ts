import type { Core } from '#core/core.js';
import type { Mode } from '#core/tables.js';
import type { EngineEvent } from '#voice/engine.js';

/** Declined (RFC 3261 section 21.6.2). */
const DECLINED = 603;

/** An automated call is nobody's to pass on. The phone hears so at once, and the call goes on. */
export function refuseTransfer(
  core: Pick<Core, 'engines'>,
  mode: Mode,
  { leg, transfer }: Extract<EngineEvent, { kind: 'transfer.request' }>,
): void {
  core.engines[mode].send({ kind: 'transferProgress', leg, transfer, sipCode: DECLINED });
}
