import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createUser, updateUser } from '#core/people/index.js';
import { removePhone } from '#core/phones/index.js';
import { USUAL_MAILBOX } from '#core/voicemail/index.js';
import { keepMessage } from '#core/voicemail/keep-message.js';
import { readRouting } from '#core/routing/index.js';
import { Office, OURS, THEIRS } from '../office.js';

/** The lamps of phones: who is told that a message waits, and who is not. Anna has 101, Ben has 102, 103 is nobody's. */
let office: Office;
let ben: string;
let annas: number;
let bens: number;

beforeEach(async () => {
  office = await Office.open();
  const { core } = office.world;
  const [anna] = await core.db.selectFrom('users').select('id').execute();
  const user = { name: 'Ben', email: 'ben@example.com', role: 'member', phones: ['102'] } as const;
  ben = (await createUser(core, { ...live(), actor: 'test', ...user })).id;
  annas = await mailboxOf(anna!.id);
  bens = await mailboxOf(ben);
});
afterEach(async () => {
  expect(await office.world.violations()).toEqual([]);
  await office.close();
});

const live = () => ({ accountId: office.world.account.id, mode: 'live' }) as const;
const mailboxOf = (userId: string): Promise<number> =>
  office.change((draft) => draft.create('mailbox', { ...USUAL_MAILBOX, name: 'Calls', userId }));

async function leave(mailboxId: number): Promise<void> {
  const { objects } = await readRouting(office.world.core, live());
  const spoken = { owner: live(), mailboxId, mailbox: objects.mailbox.get(mailboxId)!, callId: 'cal_none' };
  const from = { caller: THEIRS, callerName: undefined, called: OURS };
  await keepMessage(office.world.core, { ...spoken, ...from }, new Int16Array(16_000));
}

/** What the lamps were told since, as soon as the last of it is told. */
async function lamps(expected: (string | number)[][]): Promise<void> {
  const nameOf = Object.fromEntries(Object.entries(office.phones).map(([name, id]) => [id, name]));
  const told = () =>
    office
      .sent('mailbox')
      .map(({ phone, newMessages, oldMessages }) => [nameOf[phone] ?? phone, newMessages, oldMessages]);
  await office.world.runUntil('the lamps', () => told().length >= expected.length);
  await office.world.settle();
  expect(told()).toEqual(expected);
}

test('a message lights the lamps of whoever it is for, and tells nobody else', async () => {
  await leave(bens);
  await lamps([['102', 1, 0]]);
  await leave(annas);
  await leave(annas);
  await office.world.runUntil('the last', () => office.sent('mailbox').at(-1)?.newMessages === 2);
  await office.world.settle();
  expect(office.sent('mailbox').filter(({ phone }) => phone === office.phones['102'])).toHaveLength(1);
});

test('a phone that registers is told again, also where nothing is new', async () => {
  await leave(annas);
  await lamps([['101', 1, 0]]);
  const contact = { uri: 'sip:101@127.0.0.1', userAgent: 'phone', expiresAt: office.world.clock.now() + 60_000 };
  const source = { address: '127.0.0.1', port: 5060, transport: 'udp' } as const;
  for (const phone of ['101', '103']) {
    await office.says({ kind: 'registration', phone: office.phones[phone]!, contacts: [{ ...contact, ...source }] });
  }
  await lamps([
    ['101', 1, 0],
    ['101', 1, 0],
    ['103', 0, 0],
  ]);
});

describe('the lamp of whoever had a mailbox goes out, and that of whoever has it now goes on', () => {
  beforeEach(async () => {
    await leave(annas);
    await lamps([['101', 1, 0]]);
  });

  test('where the mailbox is given to another', async () => {
    await leave(bens);
    await lamps([
      ['101', 1, 0],
      ['102', 1, 0],
    ]);
    await office.change(async (draft) => draft.update('mailbox', annas, { userId: ben }));
    await lamps([
      ['101', 1, 0],
      ['102', 1, 0],
      ['101', 0, 0],
      ['102', 2, 0],
    ]);
  });

  test('where the phone is given to another', async () => {
    const { core } = office.world;
    await updateUser(core, { ...live(), id: ben, changes: { phones: ['101', '102'] }, actor: 'test' });
    const [anna] = await core.db.selectFrom('users').select('id').where('id', '<>', ben).execute();
    await updateUser(core, { ...live(), id: anna!.id, changes: { phones: ['102'] }, actor: 'test' });
    await office.world.settle();
    // Both have 102 now, and Ben alone has 101.
    await lamps([
      ['101', 1, 0],
      ['101', 0, 0],
    ]);
    await leave(bens);
    await lamps([
      ['101', 1, 0],
      ['101', 0, 0],
      ['101', 1, 0],
      ['102', 2, 0],
    ]);
  });

  test('where the phone is there no more, nobody is told', async () => {
    await removePhone(office.world.core, { ...live(), name: '102', actor: 'test' });
    await leave(bens);
    await office.world.settle();
    await leave(annas);
    await lamps([
      ['101', 1, 0],
      ['101', 2, 0],
    ]);
  });
});
