import { expect, test } from 'vitest';
import { refuseTransfer } from '#core/calls/refuse-transfer.js';
import type { EngineCommand } from '#voice/engine.js';

test('a phone that asks to transfer an automated call is declined', () => {
  const sent: EngineCommand[] = [];
  const engine = { send: (command: EngineCommand) => void sent.push(command), on: () => () => {}, async close() {} };
  const event = { kind: 'transfer.request', seq: 1, at: 0, leg: 'leg_1', transfer: 't', to: '+12025550123' } as const;
  refuseTransfer({ engines: { live: engine, test: engine } }, 'live', event);
  expect(sent).toEqual([{ kind: 'transferProgress', leg: 'leg_1', transfer: 't', sipCode: 603 }]);
});
