import { watch } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PAYLOAD_OF, type Codec } from '../phones/session-description.js';
import { capture, type CapturePart } from './capture.js';
import { freePort, PeerProcess } from './real-peer.js';
import type { Scenario } from './sipp-scenario.js';

const HOST = '127.0.0.1';
/** Sources stay where they are; only compiled code moves to dist. */
const SCENARIOS = join(process.cwd(), 'test', 'peers', 'scenarios');
/** sipp gives up by itself, should a test forget it. */
const LONGEST_RUN_SECONDS = 60;
const LONGEST_CROWD_SECONDS = 1800;
/** sipp's exit code -2: somebody else took the port that was free a moment ago. */
const PORT_TAKEN = 254;
const MOST_STARTS = 3;

export interface SippOptions {
  /** Default `udp`. */
  transport?: 'udp' | 'tcp';
  /** How many calls before sipp ends. Default 1. */
  calls?: number;
  /** Default PCMU. */
  codec?: Codec;
  /** Of telephone-event: what the other side offered, when sipp answers. Default 101. */
  eventPayload?: number;
}

export interface SippResult {
  /** 0: every call went by the scenario; 1: at least one did not. */
  code: number | null;
  /** What sipp found wrong, in its words. */
  errors: string;
  /** Every SIP message, in full. */
  messages: string;
  /** What the scenario noted. */
  notes: string;
}

interface Server {
  server: { host: string; port: number };
}

/** Answers, plays sound and presses keys, and waits for the BYE. Echoes the sound it hears with `echo`. */
export function sippAnswers(options: SippOptions & { plays?: CapturePart[]; echo?: boolean } = {}): Promise<Sipp> {
  return start('answer', options, {}, options.plays, options.echo ? ['-rtp_echo'] : []);
}

export function sippRefuses(options: SippOptions & { status: number; phrase: string; reason?: string }): Promise<Sipp> {
  const { status, phrase, reason = 'Q.850;cause=17' } = options;
  return start('refuse', options, { status: String(status), phrase, reason });
}

/** Rings until it is cancelled. */
export function sippLetsItRing(options: SippOptions = {}): Promise<Sipp> {
  return start('no-answer', options, {});
}

/** Answers and hangs up by itself. */
export function sippHangsUp(options: SippOptions & { afterMs: number; reason?: string }): Promise<Sipp> {
  const { afterMs, reason = 'Q.850;cause=16' } = options;
  return start('hang-up', options, { after_ms: String(afterMs), reason });
}

/** Asks for an MD5 digest with 401 (sipp cannot verify the answer to a 407); notes `digest right` and answers, or `digest wrong` and refuses with 403. */
export function sippAsksForDigest(
  options: SippOptions & { user: string; password: string; realm?: string; plays?: CapturePart[] },
): Promise<Sipp> {
  const { user, password, realm = 'sipp.example' } = options;
  return start('digest-trunk', options, { user, password, realm }, options.plays);
}

/** Registers `contact` (for another sipp that answers there). */
export function sippRegisters(
  options: SippOptions & Server & { user: string; password: string; contact: string; expires?: number },
): Promise<Sipp> {
  const { user, password, contact, expires = 300 } = options;
  const values = { user, password, contact, expires: String(expires) };
  return start('register', options, values, [], remote(options));
}

/** Calls a number as a phone with a password, plays sound and presses keys, and hangs up after `talkMs`. */
export function sippCalls(
  options: SippOptions &
    Server & {
      user: string;
      password: string;
      to: string;
      talkMs: number;
      challenge?: 401 | 407;
      plays?: CapturePart[];
    },
): Promise<Sipp> {
  const { user, password, to, talkMs, challenge = 401, server } = options;
  const values = { user, password, to, talk_ms: String(talkMs), challenge: String(challenge) };
  return start('call', options, values, options.plays, [...authUri(to, server), ...remote(options)]);
}

/** Calls a number as the trunk that it stands for, plays sound and presses keys, and waits to be hung up on. */
export function sippCallsAsTrunk(
  options: SippOptions & Server & { user: string; to: string; plays?: CapturePart[] },
): Promise<Sipp> {
  const { user, to } = options;
  return start('trunk-call', options, { user, to }, options.plays, remote(options));
}

/** sipp writes the server's address into the digest; it must be the Request-URI (RFC 7616 section 3.4.6). */
function authUri(to: string, server: Server['server']): string[] {
  return ['-auth_uri', `${to}@${server.host}:${server.port}`];
}

/** Any scenario; with `server` sipp begins, and says its password, where asked, in a request to the user `to`. */
export function sippPlays(
  scenario: Scenario,
  options: SippOptions & { server?: Server['server']; to?: string } = {},
): Promise<Sipp> {
  const { server, to = '' } = options;
  return start(scenario, options, {}, [], server === undefined ? [] : [...authUri(to, server), ...remote({ server })]);
}

function remote({ server }: Server): string[] {
  return [`${server.host}:${server.port}`];
}

/**
 * Many people behind one trunk; their numbers say what they do (scenarios/campaign.xml). A call is `lost` after `lostMs`
 * without a word from us. Runs until it is closed, and keeps notes only.
 */
export function sippIsACrowd(
  options: SippOptions & { captures: Readonly<Record<string, CapturePart[]>>; lostMs: number },
): Promise<Sipp> {
  const { captures, lostMs, ...rest } = options;
  const crowd = { calls: 1_000_000, longestSeconds: LONGEST_CROWD_SECONDS, isQuiet: true };
  return start('campaign', { ...rest, ...crowd }, { lost_ms: String(lostMs) }, [], [], captures);
}

async function start(
  scenario: string | Scenario,
  options: SippOptions & { longestSeconds?: number; isQuiet?: boolean },
  values: Readonly<Record<string, string>>,
  plays: readonly CapturePart[] = [],
  args: readonly string[] = [],
  captures: Readonly<Record<string, CapturePart[]>> = {},
): Promise<Sipp> {
  const { transport = 'udp', calls = 1, codec = 'PCMU', eventPayload = 101 } = options;
  const { longestSeconds = LONGEST_RUN_SECONDS, isQuiet = false } = options;
  const folder = await mkdtemp(join(tmpdir(), 'sidetone-sipp-'));
  const all: Record<string, string> = {
    ...values,
    ...{ codec, payload: String(PAYLOAD_OF[codec]), event_payload: String(eventPayload) },
    play: '<log message="plays nothing"/>',
  };
  if (plays.length > 0) all.play = '<exec play_pcap_audio="play.pcap"/>';
  for (const [name, parts] of Object.entries({ ...captures, ...(plays.length > 0 ? { play: [...plays] } : {}) })) {
    await writeFile(join(folder, `${name}.pcap`), capture(parts, codec, eventPayload));
  }
  const template =
    typeof scenario === 'string' ? await readFile(join(SCENARIOS, `${scenario}.xml`), 'utf8') : scenario.toString();
  const text = template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = all[name];
    if (value === undefined) throw new Error(`the scenario needs ${name}`);
    return value;
  });
  await writeFile(join(folder, 'scenario.xml'), text);
  for (let tries = 1; ; tries++) {
    const messages = isQuiet ? [] : ['-trace_msg', '-message_file', 'messages.log'];
    const ends = ['-timeout', `${longestSeconds}s`, '-timeout_error', '-m', String(calls)];
    const started = await run(folder, transport, [...messages, ...args, ...ends]);
    if (started instanceof Sipp) return started;
    if (started.code === PORT_TAKEN && tries < MOST_STARTS) continue;
    await rm(folder, { recursive: true, force: true });
    throw new Error(`sipp did not start (${started.code}): ${started.output}`);
  }
}

/** Starts sipp and waits until it listens, or ended instead. */
async function run(
  folder: string,
  transport: 'udp' | 'tcp',
  args: readonly string[],
): Promise<Sipp | { code: number | null; output: string }> {
  const [port, media, control] = [await freePort(), await freePort(), await freePort()];
  const listening = appears(folder, 'statistics.csv');
  const child = new PeerProcess(
    'sipp',
    [
      ...['-sf', 'scenario.xml', '-t', transport === 'udp' ? 'u1' : 't1', '-nostdin'],
      ...['-i', HOST, '-p', String(port), '-mi', HOST, '-mp', String(media), '-ci', HOST, '-cp', String(control)],
      ...['-trace_err', '-error_file', 'errors.log'],
      ...['-trace_logs', '-log_file', 'notes.log', '-trace_stat', '-stf', 'statistics.csv', ...args],
    ],
    folder,
  );
  // The file of statistics is opened after the sockets: it is the sign that sipp listens.
  const code = await Promise.race([listening.appeared, child.exited]);
  listening.stop();
  // A caller may be done before its file was noticed.
  const runs = code === 'appeared' || code === 0 || code === 1;
  return runs ? new Sipp(child, folder, port, transport) : { code, output: child.output };
}

/** A file that is made in a folder from now on. */
function appears(folder: string, name: string): { appeared: Promise<'appeared'>; stop(): void } {
  const watcher = watch(folder);
  const appeared = new Promise<'appeared'>((resolve) => {
    watcher.on('change', (_, file) => {
      if (file === name) resolve('appeared');
    });
  });
  return { appeared, stop: () => watcher.close() };
}

/** One run of sipp. */
export class Sipp {
  readonly host = HOST;

  constructor(
    private readonly child: PeerProcess,
    private readonly folder: string,
    readonly port: number,
    private readonly transport: 'udp' | 'tcp',
  ) {}

  get uri(): string {
    return `sip:sipp@${this.host}:${this.port}${this.transport === 'tcp' ? ';transport=tcp' : ''}`;
  }

  /** Resolves when sipp has ended by itself: all its calls are over. */
  async result(): Promise<SippResult> {
    const code = await this.child.exited;
    const [errors, messages] = [this.#read('errors.log'), this.#read('messages.log')];
    return { code, errors: await errors, messages: await messages, notes: await this.notes() };
  }

  /** What the scenario has noted so far. */
  notes(): Promise<string> {
    return this.#read('notes.log');
  }

  /** What sipp has found wrong so far. */
  errors(): Promise<string> {
    return this.#read('errors.log');
  }

  /** Ends sipp, should it run still, and removes its files. */
  async close(): Promise<void> {
    await this.child.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  #read(name: string): Promise<string> {
    return readFile(join(this.folder, name), 'utf8').catch(() => '');
  }
}
