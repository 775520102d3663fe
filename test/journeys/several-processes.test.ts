import { afterEach, beforeEach, expect, test } from 'vitest';
import { addPhone, removePhone } from '#core/phones/index.js';
import { addTrunk, showTrunk, updateTrunk } from '#core/trunks/index.js';
import type { Core } from '#core/core.js';
import { ScriptedEngine } from '../business.js';
import { eventually } from '../eventually.js';
import { openWorld, type World } from '../world.js';

/** What one server is told, the engines of the others on the same database know too. */
let world: World;
let engine: ScriptedEngine;
let elsewhere: Core;

beforeEach(async () => {
  engine = new ScriptedEngine();
  world = await openWorld({ live: () => engine });
  elsewhere = {
    ...world.core,
    node: world.core.node + 1,
    engines: { ...world.core.engines, live: new ScriptedEngine() },
  };
});
afterEach(() => world.close());

function configured(): string[] {
  const last = engine.commands.findLast((command) => command.kind === 'configure');
  return last?.kind === 'configure'
    ? [...last.trunks.map(({ uri }) => uri), ...last.phones.map(({ name }) => name)]
    : [];
}

test('trunks and phones that are added, changed and removed elsewhere reach the engine here', async () => {
  const trunk = { name: 'carrier', sipHost: '127.0.0.1', actor: 'test' };
  await addTrunk(elsewhere, { ...trunk, uri: 'sip:127.0.0.1:5099' });
  await eventually(() => expect(configured()).toContain('sip:127.0.0.1:5099'));
  await updateTrunk(elsewhere, { ...trunk, uri: 'sip:127.0.0.1:5098' });
  await eventually(() => expect(configured()).toContain('sip:127.0.0.1:5098'));
  const phone = { accountId: world.account.id, name: '101', actor: 'test' };
  await addPhone(elsewhere, phone);
  await eventually(() => expect(configured()).toContain('101'));
  await removePhone(elsewhere, phone);
  await eventually(() => expect(configured()).not.toContain('101'));
});

test('what an engine says of a trunk is written down where all see it', async () => {
  const { id } = await addTrunk(world.core, {
    ...{ name: 'carrier', uri: 'sip:127.0.0.1:5099', sipHost: '127.0.0.1', actor: 'test' },
  });
  engine.emit({ kind: 'trunk.state', trunk: id, up: false, detail: 'nothing answers' });
  engine.emit({ kind: 'trunk.state', trunk: id, up: true, registered: true, sipCode: 200, detail: 'until noon' });
  await world.settle();
  expect((await showTrunk(elsewhere, { name: 'carrier' })).state).toMatchObject({ up: true, detail: 'until noon' });
});
