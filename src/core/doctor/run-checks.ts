import { statfs } from 'node:fs/promises';
import type { Core } from '#core/core.js';
import { checkHearing, checkVoices } from '#core/doctor/check-speech.js';
import { checkCallingBack } from '#core/doctor/check-calling-back.js';
import { checkCarriers } from '#core/doctor/check-carriers.js';
import { checkMail } from '#core/doctor/check-mail.js';
import { DISK_BYTES, inGigabytes } from '#core/disk/index.js';
import { runLoopbackCall } from '#core/doctor/loopback-call.js';
import { whyNoHelp } from '#core/emergency/index.js';
import { beginOfNumber } from '#core/call-flow/index.js';
import { listNumbers, SANDBOX_NUMBER } from '#core/numbers/index.js';
import { listPhones } from '#core/phones/index.js';
import { readRouting } from '#core/routing/index.js';
import { listTrunks, testTrunk } from '#core/trunks/index.js';

/** One thing looked at. */
export interface Check {
  name: string;
  status: 'ok' | 'warn' | 'fail';
  /** A sentence: what was found and, unless all is well, what to do. */
  message: string;
}

export interface Installation {
  dataFolder: string;
  /** Where the phone engine listens, as bound; no wildcard address. */
  sipAddress: { host: string; port: number };
  /** Which migrations the database has. */
  schema: () => Promise<{ pending: string[]; unknown: string[] }>;
}

/** Looks at everything that can be seen from inside the running server, one check after the other. */
export async function* runChecks(
  core: Pick<Core, 'db' | 'clock' | 'engines' | 'carriers' | 'speech' | 'hearing' | 'mail'>,
  input: { accountId: string; installation: Installation },
): AsyncGenerator<Check> {
  yield await checkDatabase(input.installation);
  yield await checkDisk(input.installation.dataFolder);
  yield* checkTrunks(core, input.accountId);
  yield* checkCarriers(core, input.accountId);
  yield* checkPhones(core, input.accountId);
  yield* checkCallingBack(core, input.accountId);
  yield await checkHelp(core, input.accountId);
  yield await checkMail(core, input.accountId);
  yield await checkVoices(core);
  yield await checkHearing(core);
  yield await checkLoopback(core, input.installation);
}

async function checkDatabase(installation: Installation): Promise<Check> {
  const name = 'database';
  try {
    const { pending, unknown } = await installation.schema();
    if (pending.length > 0) {
      return {
        name,
        status: 'fail',
        message: `Migrations are missing (${pending.join(', ')}): run "sidetone migrate".`,
      };
    }
    if (unknown.length > 0) {
      return {
        name,
        status: 'fail',
        message: `It is newer than this version (${unknown.join(', ')}): start the newer version.`,
      };
    }
    return { name, status: 'ok', message: 'It answers and has every migration.' };
  } catch (error) {
    return { name, status: 'fail', message: `It does not answer: ${(error as Error).message}` };
  }
}

async function checkDisk(folder: string): Promise<Check> {
  const name = 'disk space';
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const text = `${inGigabytes(free)} free in ${folder}`;
  if (free < DISK_BYTES.scarce) {
    return { name, status: 'fail', message: `Only ${text}: nothing is recorded, and no file is taken in. Make room.` };
  }
  if (free < DISK_BYTES.low) return { name, status: 'warn', message: `Only ${text}: make room soon.` };
  return { name, status: 'ok', message: `${text}.` };
}

async function* checkTrunks(core: Pick<Core, 'db' | 'clock' | 'engines'>, accountId: string): AsyncGenerator<Check> {
  const trunks = await listTrunks(core, { accountId });
  if (trunks.length === 0) {
    yield {
      name: 'trunks',
      status: 'warn',
      message:
        'There is none, so calls reach only phones and numbers of this installation: "sidetone trunks add NAME --uri sip:host:port" adds one.',
    };
  }
  for (const trunk of trunks) {
    const test = await testTrunk(core, { name: trunk.name, accountId });
    yield {
      name: `trunk ${trunk.name}`,
      status: test.ok ? 'ok' : 'fail',
      message: test.ok
        ? `${trunk.uri} answers: ${test.detail}`
        : `${trunk.uri} does not answer as it should: ${test.detail} Check its URI, and that the carrier knows this machine's address.`,
    };
  }
}

async function* checkPhones(core: Pick<Core, 'db' | 'clock'>, accountId: string): AsyncGenerator<Check> {
  const phones = await listPhones(core, { accountId });
  const silent = phones.filter((phone) => phone.registrations.length === 0).map((phone) => phone.name);
  yield {
    name: 'phones',
    status: silent.length > 0 ? 'warn' : 'ok',
    message:
      silent.length > 0
        ? `Not registered, so they cannot ring: ${silent.join(', ')}. Check their server address, name and password.`
        : phones.length > 0
          ? `All ${phones.length} are registered.`
          : 'There are none; "sidetone phones add 101" adds one.',
  };
  const numbers = await listNumbers(core, { accountId, mode: 'live', kind: 'e164' });
  const real = numbers.filter(({ number }) => number !== SANDBOX_NUMBER);
  const configuration = await readRouting(core, { accountId, mode: 'live' });
  const idOf = new Map([...configuration.numbers].map(([id, number]) => [number, id]));
  const ringsNowhere = ({ number, phone }: (typeof real)[number]): boolean =>
    beginOfNumber(configuration, { id: idOf.get(number) ?? 0, phone }) === undefined;
  const unanswered = real.filter(ringsNowhere).map(({ number }) => number);
  yield {
    name: 'numbers',
    status: unanswered.length > 0 ? 'warn' : 'ok',
    message:
      unanswered.length > 0
        ? `Calls to these ring nowhere: ${unanswered.join(', ')}. "sidetone numbers add NUMBER --phone NAME" lets a phone ring, PATCH /api/v2/virtual-numbers/ID leads them elsewhere.`
        : real.length > 0
          ? 'Calls to every live number lead to somebody.'
          : 'There are none of your own; "sidetone numbers add NUMBER" adds one.',
  };
}

/** Rule 11. */
async function checkHelp(core: Pick<Core, 'db' | 'clock'>, accountId: string): Promise<Check> {
  const name = 'emergency calls';
  const phones = await listPhones(core, { accountId });
  if (phones.length === 0)
    return { name, status: 'ok', message: 'There are no phones to call emergency numbers from.' };
  const lacking = await whyNoHelp(core, { accountId });
  if (lacking.length === 0) {
    return {
      name,
      status: 'ok',
      message:
        'Phones can call emergency numbers by a trunk, and the owners are told. That the trunk’s carrier takes such calls, and knows the addresses of your numbers, only the carrier can tell.',
    };
  }
  return {
    name,
    status: 'warn',
    message: `Phones cannot call emergency numbers as they should: keep another way to call for help, and tell the people who use them. ${lacking.join(' ')}`,
  };
}

async function checkLoopback(core: Pick<Core, 'clock' | 'engines'>, installation: Installation): Promise<Check> {
  const call = await runLoopbackCall(core, installation);
  const { host, port } = installation.sipAddress;
  return {
    name: 'loopback call',
    status: call.ok ? 'ok' : 'fail',
    message: call.ok
      ? `A call to ourselves had sound both ways: ${call.detail}.`
      : `A call to ${host}:${port} from here failed: ${call.detail}. Check that no firewall blocks UDP on this machine, also on the RTP ports.`,
  };
}
