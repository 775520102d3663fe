import { expect, test } from 'vitest';
import { Office, OURS, THEIRS } from '../office.js';

/** The last second of an open day and the first of a closed evening, on the days when the clocks change: 18:00 in UTC. */
test.each([
  ['America/New_York', 'forward', '2026-03-08T22:00:00Z'],
  ['America/New_York', 'back', '2026-11-01T23:00:00Z'],
  ['Europe/Berlin', 'forward', '2026-03-29T16:00:00Z'],
  ['Europe/Berlin', 'back', '2026-10-25T17:00:00Z'],
])(
  'in %s, when the clocks go %s: a call at 17:59:59 rings, one at 18:00:00 is answered by the mailbox',
  async (timezone, _way, six) => {
    const closingMs = Date.parse(six);
    const office = await Office.open(closingMs - 5000);
    try {
      const { world } = office;
      const ask = async (method: string, path: string, body?: unknown): Promise<{ id: number }> => {
        const options = { key: world.keys.live, ...(body === undefined ? {} : { body }) };
        const reply = await world.request(method, `/api/v2${path}`, options);
        expect(reply.status, JSON.stringify(reply.body)).toBeLessThan(300);
        return reply.body['data'] as { id: number };
      };
      const desk = { number: '201', name: 'Desk', destination: { type: 'phone', id: '101' } };
      const extension = await ask('POST', '/extensions', desk);
      const mailbox = await ask('POST', '/voice-mailboxes', { name: 'Office' });
      const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
      await ask('PATCH', '/hours/settings', {
        timezone,
        weekly: days.map((day) => ({ day, open: '09:00', close: '18:00' })),
        openDestination: { type: 'extension', id: extension.id },
        closedDestination: { type: 'voicemail', id: mailbox.id },
      });
      const numbers = (await ask('GET', '/virtual-numbers')) as unknown as { id: number; phoneNumber: string }[];
      const ours = numbers.find(({ phoneNumber }) => phoneNumber === OURS);
      await ask('PATCH', `/virtual-numbers/${ours?.id}`, { destination: { type: 'hours' } });

      await world.run(closingMs - 1000 - world.clock.now());
      const last = await office.comesIn();
      expect(office.dialled().to).toMatchObject({ kind: 'phone', phone: office.phones['101'] });
      await office.ends(last, 'canceled');
      await world.run(closingMs - world.clock.now());
      const late = await office.comesIn();
      expect(office.sent('dial')).toHaveLength(1);
      expect(office.sent('answer')).toEqual([{ kind: 'answer', leg: late }]);
      await office.ends(late);

      const calls = (await ask('GET', '/call-history')) as unknown as { id: string; externalNumber: string }[];
      expect(calls.map(({ externalNumber }) => externalNumber)).toEqual([THEIRS, THEIRS]);
      const told = await Promise.all(calls.map(({ id }) => ask('GET', `/call-history/${id}`)));
      const events = told.map((call) => (call as unknown as { events: { description: string }[] }).events);
      expect(events.map((steps) => steps[1]?.description)).toEqual(['Closed by the week', 'Open by the week']);
      expect(events.map((steps) => steps[2]?.description)).toEqual([
        'Mailbox "Office"',
        expect.stringContaining('Desk'),
      ]);
    } finally {
      await office.close();
    }
  },
);
