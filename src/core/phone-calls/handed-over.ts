import { CallSteps, endCall, type CallRow, type ConductedCall } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import type { EngineEvent } from '#voice/engine.js';

/**
 * The call of a phone that takes part in another call: it picks up, fetches what was parked, or takes the place of a leg. Its
 * own row ends at once; its leg is the other call's from then on. `join`: false, and the phone is refused with `sipCode`.
 */
export class HandedOver implements ConductedCall {
  constructor(
    private readonly core: Core,
    private readonly row: CallRow,
    private readonly leg: string,
    private readonly join: () => boolean,
    private readonly sipCode: number,
  ) {}

  start(onFinished: () => void): void {
    const joined = this.join();
    if (!joined) this.core.engines.live.send({ kind: 'hangup', leg: this.leg, sipCode: this.sipCode });
    const at = new Date(this.core.clock.now());
    const steps = new CallSteps(this.core, this.row.id);
    const outcome = joined ? { status: 'completed' as const } : { status: 'no_answer' as const };
    steps.write(async (tx) => {
      await endCall(tx, this.row.id, { ...outcome, at }, new Date(this.core.clock.now()));
    }, 'call.ended');
    steps.finish(onFinished);
  }

  onEvent(_event: EngineEvent): void {
    // Of a refused leg nothing more is awaited.
  }

  cancel(): void {
    this.core.engines.live.send({ kind: 'hangup', leg: this.leg });
  }
}
