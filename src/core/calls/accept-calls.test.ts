import { describe, expect, test } from 'vitest';
import { CallIntake } from '#core/calls/accept-calls.js';
import type { PlaceCall } from '#core/calls/place-call.js';
import { openSecretBox } from '#core/secret-box.js';
import { HeldClock } from '#test/held-clock.js';
import { wakesTelling } from '#test/wakes.js';

interface Statement {
  ids: string[];
  succeed: (ids?: string[]) => void;
  fail: (error: unknown) => void;
}

/** An intake whose statements wait until the test ends them. */
function openIntake() {
  const statements: Statement[] = [];
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const voice = { id: 'one', language: 'en-US', gender: 'female', quality: 'standard', native: 'one' } as const;
  const seen = { wakes: 0, killPoints: [] as string[] };
  const clock = new HeldClock();
  const core = {
    ...{ clock, log },
    speech: {
      voices: () => [voice],
      resolveVoice: () => ({ voice, degraded: false }),
      voiceFor: () => undefined,
      say: () => Promise.reject(new Error('silent')),
      speak: () => Promise.reject(new Error('silent')),
      close: async () => undefined,
    },
    secrets: openSecretBox('a secret of the test'),
    settings: { publicUrl: 'http://127.0.0.1', loopbackOnly: true },
    wake: wakesTelling((loop) => void (seen.wakes += loop === 'calls' ? 1 : 0)),
    disk: { takesFiles: true, requireRoom: () => undefined },
    killPoint: (point: string) => void seen.killPoints.push(point),
  };
  const intake = new CallIntake(core, <Row>(_statement: object, [rows]: unknown[]) => {
    const ids = (JSON.parse(String(rows)) as { id: string }[]).map(({ id }) => id);
    return new Promise<Row[]>((resolve, reject) =>
      statements.push({
        ids,
        succeed: (accepted = ids) => resolve(accepted.map((id) => ({ id })) as Row[]),
        fail: reject,
      }),
    );
  });
  return { intake, statements, seen, clock };
}

const call: PlaceCall = {
  ...{ accountId: 'acc_1', mode: 'test', to: '+12125550100', from: '+15005550100', message: 'Hello.', dialect: 'x' },
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

describe('the intake of calls', () => {
  test('sends those of one turn together, and those that wait for a commit together after it', async () => {
    const { intake, statements, seen } = openIntake();
    const first = many(3, () => intake.accept(call));
    await turn();
    const second = many(300, () => intake.accept(call));
    await turn();
    expect(statements.map(({ ids }) => ids.length)).toEqual([3, 128]);
    await turn();
    expect(statements).toHaveLength(2);
    statements[0]!.succeed();
    expect(await Promise.all(first)).toMatchObject(statements[0]!.ids.map((id) => ({ id })));
    await turn();
    statements[1]!.succeed();
    statements[2]!.succeed();
    await turn();
    statements[3]!.succeed();
    await Promise.all(second);
    expect(statements.map(({ ids }) => ids.length)).toEqual([3, 128, 128, 44]);
    expect(seen.killPoints).toHaveLength(303);
    expect(seen.wakes).toBe(4);
  });

  test('says nothing before the commit, and then what was accepted', async () => {
    const { intake, statements, seen, clock } = openIntake();
    const placed = [intake.accept(call), intake.accept(call)];
    await turn();
    expect(seen).toEqual({ wakes: 0, killPoints: [] });
    statements[0]!.succeed(statements[0]!.ids.slice(1));
    expect(await Promise.all(placed)).toEqual([
      undefined,
      { id: statements[0]!.ids[1], status: 'queued', to: call.to, createdAt: new Date(clock.now()) },
    ]);
    expect(seen).toEqual({ wakes: 1, killPoints: ['call.accepted'] });
  });

  test('wakes nobody for a call of later', async () => {
    const { intake, statements, seen, clock } = openIntake();
    const placed = intake.accept({ ...call, scheduleAt: new Date(clock.now() + 60_000) });
    await turn();
    statements[0]!.succeed();
    expect(await placed).toMatchObject({ status: 'queued' });
    expect(seen.wakes).toBe(0);
  });

  test('takes one of each key at a time', async () => {
    const { intake, statements } = openIntake();
    const request = { accountId: 'acc_1', mode: 'test' as const, route: 'r', key: 'k', hash: Buffer.of(1) };
    const place = () => intake.accept(call, { request, status: 201, body: ({ id }) => id });
    const first = place();
    expect(await place()).toBe('in_flight');
    await turn();
    expect(await place()).toBe('in_flight');
    expect(statements.map(({ ids }) => ids.length)).toEqual([1]);
    statements[0]!.fail(Object.assign(new Error('violates a constraint'), { code: '23514' }));
    expect(await first).toBeUndefined();
    const again = place();
    await turn();
    statements[1]!.succeed();
    expect(await again).toMatchObject({ id: statements[1]!.ids[0] });
  });

  test('leaves all to be done alone when the statement was refused', async () => {
    const { intake, statements, seen } = openIntake();
    const placed = many(5, () => intake.accept(call));
    await turn();
    statements[0]!.fail(Object.assign(new Error('violates a constraint'), { code: '23514' }));
    expect(await Promise.all(placed)).toEqual(many(5, () => undefined));
    expect(seen).toEqual({ wakes: 0, killPoints: [] });
  });

  test.each([
    ['the connection broke', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
    ['the connection ended', new Error('Connection terminated unexpectedly')],
    ['the server was stopped', Object.assign(new Error('terminating connection'), { code: '57P01' })],
  ])('fails all when nobody knows whether it was committed: %s', async (_name, error) => {
    const { intake, statements } = openIntake();
    const placed = Promise.allSettled(many(3, () => intake.accept(call)));
    await turn();
    statements[0]!.fail(error);
    expect(await placed).toEqual(many(3, () => ({ status: 'rejected', reason: error })));
    const after = intake.accept(call);
    await turn();
    statements[1]!.succeed();
    expect(await after).toMatchObject({ status: 'queued' });
  });

  test('tells those beyond its queue to come back', async () => {
    const { intake } = openIntake();
    const placed = many(4096, () => intake.accept(call));
    await expect(intake.accept(call)).rejects.toMatchObject({ code: 'call.intake_full', retryAfterSeconds: 1 });
    expect(placed).toHaveLength(4096);
  });

  test('refuses what is wrong in itself, and leaves addresses that cannot be to their refusal', async () => {
    const { intake, statements } = openIntake();
    await expect(intake.accept({ ...call, message: '' })).rejects.toMatchObject({ code: 'call.bad_input' });
    expect(await intake.accept({ ...call, to: 'nobody' })).toBeUndefined();
    expect(await intake.accept({ ...call, from: '101' })).toBeUndefined();
    await turn();
    expect(statements).toEqual([]);
  });
});
