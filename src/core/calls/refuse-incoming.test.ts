import { describe, expect, test } from 'vitest';
import { refuseIncoming } from '#core/calls/refuse-incoming.js';
import type { EngineCommand, LegOrigin } from '#voice/engine.js';

describe('a call that comes in', () => {
  function sentFor(origin: LegOrigin): EngineCommand[] {
    const sent: EngineCommand[] = [];
    const engine = { send: (command: EngineCommand) => void sent.push(command), on: () => () => {}, async close() {} };
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const leg = { kind: 'leg.incoming', seq: 1, at: 0, leg: 'leg_1', origin, from: '+1', to: '+2' } as const;
    refuseIncoming({ engines: { live: engine, test: engine }, log }, 'live', leg);
    return sent;
  }

  test.each<LegOrigin>([
    { kind: 'trunk', trunk: 'trk_1' },
    { kind: 'phone', phone: 'pho_1' },
  ])('from $kind and leads nowhere is refused with 480', (origin) => {
    expect(sentFor(origin)).toEqual([{ kind: 'hangup', leg: 'leg_1', sipCode: 480 }]);
  });

  test("from the doctor is left to the doctor's own test", () => {
    expect(sentFor({ kind: 'loopback', token: 'abc' })).toEqual([]);
  });
});
