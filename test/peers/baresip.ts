import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HeardSound } from '../phones/rtp-receiver.js';
import type { Codec } from '../phones/session-description.js';
import { FRAME_SAMPLES, measureTone, SAMPLE_RATE } from '../phones/tones.js';
import { formatWav, parseWav } from '../phones/wav.js';
import { BaresipControl, type BaresipEvent } from './baresip-control.js';
import { freePort, PeerProcess } from './real-peer.js';

const HOST = '127.0.0.1';
/** baresip ends by itself, should a test forget it. */
const LONGEST_RUN_SECONDS = 120;
/** When its sound ends, baresip hangs up: silence follows for longer than any test talks. */
const SILENCE_SECONDS = 100;
const WAV_HEADER_BYTES = 44;
/** How often its recording is looked at, and how long at most. */
const LOOK_MS = 50;
const LONGEST_WAIT_MS = 20_000;

export interface BaresipOptions {
  /** Default `bob`. */
  user?: string;
  /** Default `udp`. */
  transport?: 'udp' | 'tcp' | 'tls';
  /** Over TLS: who signed the far end's certificate, in PEM. */
  ca?: string;
  /** Registers here with the password; without it, only direct calls. */
  registrar?: { host: string; port: number };
  password?: string;
  /** Default PCMU. */
  codec?: Codec;
  /** 16-bit samples, 8,000 a second, said in every call from its answer on. */
  says?: Int16Array;
  /** Asks the registrar how many messages wait (RFC 3842). */
  watchesMailbox?: boolean;
  /** Whose presence it asks the registrar for (RFC 3856): users there. */
  watchesPhones?: readonly string[];
  /** Answers every call at once. Otherwise `accept()`. */
  autoAnswer?: boolean;
}

/** Starts baresip on loopback with a folder of its own. */
export async function openBaresip(options: BaresipOptions = {}): Promise<Baresip> {
  const { user = 'bob', transport = 'udp', registrar, password = '', codec = 'PCMU', says } = options;
  const folder = await mkdtemp(join(tmpdir(), 'sidetone-baresip-'));
  const speech = new Int16Array((says?.length ?? 0) + SILENCE_SECONDS * SAMPLE_RATE);
  if (says) speech.set(says);
  await writeFile(join(folder, 'says.wav'), formatWav(speech));
  await writeFile(join(folder, 'ca.pem'), options.ca ?? '');
  const [sip, control] = [await freePort(), await freePort()];
  const trusting = options.ca === undefined ? '' : `sip_cafile ${join(folder, 'ca.pem')}\n`;
  await writeFile(join(folder, 'config'), configuration(folder, sip, control) + trusting);
  const { host, port } = registrar ?? { host: HOST, port: sip };
  const how = registrar ? `;auth_user=${user};auth_pass=${password};regint=300` : ';regint=0';
  const answers = options.autoAnswer ? 'auto' : 'manual';
  const mailbox = options.watchesMailbox ? 'yes' : 'no';
  const account = `<sip:${user}@${host}:${port};transport=${transport}>${how};answermode=${answers};mwi=${mailbox};audio_codecs=${codec}`;
  const contacts = (options.watchesPhones ?? []).map(
    (name) => `"${name}" <sip:${name}@${host}:${port}>;presence=p2p\n`,
  );
  // It asks for presence as soon as it runs: the account must be there by then.
  await writeFile(join(folder, 'accounts'), contacts.length > 0 ? `${account}\n` : '');
  await writeFile(join(folder, 'contacts'), contacts.join(''));
  const child = new PeerProcess('baresip', ['-s', '-f', folder, '-t', String(LONGEST_RUN_SECONDS)], folder);
  try {
    await child.printed('baresip is ready');
    const baresip = new Baresip(child, folder, await BaresipControl.open(control), { user, port: sip, transport });
    if (contacts.length === 0) await baresip.control.command('uanew', account);
    return baresip;
  } catch (error) {
    await child.kill();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A running baresip with one account. */
export class Baresip {
  /** Where the events of the present call begin. */
  #since = 0;

  constructor(
    private readonly child: PeerProcess,
    private readonly folder: string,
    readonly control: BaresipControl,
    private readonly address: { user: string; port: number; transport: 'udp' | 'tcp' | 'tls' },
  ) {}

  get port(): number {
    return this.address.port;
  }

  /** For direct calls. */
  get uri(): string {
    const { user, port, transport } = this.address;
    return `sip:${user}@${HOST}:${port}${transport === 'udp' ? '' : `;transport=${transport}`}`;
  }

  /** Until the registrar accepted, which may have been before anybody listened for events. */
  registered(): Promise<void> {
    return this.#answers('reginfo', /OK .*Expires/);
  }

  /** Until the registrar accepted or refused; the refusal's text is in `param`. */
  registration(): Promise<BaresipEvent> {
    return this.event('REGISTER_OK', 'REGISTER_FAIL');
  }

  /** Until the next call rings here; resolves with the caller's URI. Later waits mean this call. */
  async incoming(): Promise<string> {
    const event = await this.event('CALL_INCOMING');
    this.#since = this.control.events.indexOf(event) + 1;
    return event.peer;
  }

  async established(): Promise<void> {
    await this.event('CALL_ESTABLISHED');
  }

  /** Until the call is over, in baresip's words. */
  async ended(): Promise<string> {
    return (await this.event('CALL_CLOSED')).param;
  }

  /** The first event of one of these types in this call, if need be the one that comes next. */
  event(...types: string[]): Promise<BaresipEvent> {
    return this.control.watch.until(
      types.join(' or '),
      () => this.control.events.slice(this.#since).find(({ type }) => types.includes(type)),
      () => `${JSON.stringify(this.control.events)} ${this.child.output.slice(-1000)}`,
    );
  }

  async accept(): Promise<void> {
    await this.control.command('accept');
  }

  /** Ends the call, or refuses the one that rings. */
  async hangup(): Promise<void> {
    await this.control.command('hangup');
  }

  /** Later waits mean this call. */
  async dial(uri: string): Promise<void> {
    this.#since = this.control.events.length;
    await this.control.command('dial', uri);
  }

  async hold(): Promise<void> {
    await this.control.command('hold');
  }

  async resume(): Promise<void> {
    await this.control.command('resume');
  }

  /** The latest that it was told of its mailbox, after `since` of them. */
  async mailbox(since = 0): Promise<string> {
    const told = await this.#mailbox('news of the mailbox', (all) => all.at(since));
    return told.param;
  }

  /** Until the latest that it was told of its mailbox says this. */
  async mailboxSays(text: string): Promise<void> {
    await this.#mailbox(text, (all) => all.slice(-1).find(({ param }) => param.includes(text)));
  }

  #mailbox(what: string, find: (told: BaresipEvent[]) => BaresipEvent | undefined): Promise<BaresipEvent> {
    const { events, watch } = this.control;
    return watch.until(
      what,
      () => find(events.filter(({ type }) => type === 'MWI_NOTIFY')),
      () => JSON.stringify(events),
    );
  }

  /** Until somebody's presence is this, in its own words. */
  sees(phone: string, status: string): Promise<void> {
    return this.#answers('contacts', new RegExp(`${status}.*<sip:${phone}@`));
  }

  /** Until a command's answer is like this. */
  async #answers(command: string, pattern: RegExp): Promise<void> {
    for (const until = Date.now() + LONGEST_WAIT_MS; ;) {
      const answer = await this.control.command(command);
      if (pattern.test(answer)) return;
      if (Date.now() > until) throw new Error(`baresip's ${command} is never like ${pattern.source}, but ${answer}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Asks the far end of the present call to call `uri` (REFER). */
  async transfer(uri: string): Promise<void> {
    await this.control.command('transfer', uri);
  }

  /**
   * Passes the far end of the call `first` on to that of `second`, and leaves (RFC 3891). This baresip has no command for
   * it: what is to be replaced is read from the messages of `second`, and its own `transfer` sends the REFER.
   */
  async connect(first: string, second: string): Promise<void> {
    const isAnswer = (message: string): boolean =>
      message.includes('SIP/2.0 200') && message.includes(`Call-ID: ${second}`) && /^CSeq: \d+ INVITE/m.test(message);
    const answer = await this.child.found('the answer', (output) => output.split(/\r?\n\r?\n/).find(isAnswer));
    const field = (name: string): string => new RegExp(`^${name}: *(.*?)\r?$`, 'm').exec(answer)?.[1] ?? '';
    const [, uri = '', theirs = ''] = /<([^>]*)>;tag=(\S+)/.exec(field('To')) ?? [];
    const [, ours = ''] = /;tag=(\S+)/.exec(field('From')) ?? [];
    const replaces = encodeURIComponent(`${second};to-tag=${theirs};from-tag=${ours}`);
    await this.control.command('callfind', first);
    await this.transfer(`<${uri}?Replaces=${replaces}>`);
  }

  /** The Call-ID of the present call. */
  async callId(): Promise<string> {
    return (await this.event('CALL_ESTABLISHED')).id;
  }

  /** Until this tone and no other was heard for a second, in the call that goes on. */
  async hears(hz: number): Promise<void> {
    for (const until = Date.now() + LONGEST_WAIT_MS; ;) {
      const [recording] = (await this.#recordings()).slice(-1);
      const bytes = recording === undefined ? Buffer.alloc(0) : await readFile(join(this.folder, recording));
      const tail = bytes.subarray(Math.max(WAV_HEADER_BYTES, (bytes.length & ~1) - SAMPLE_RATE * 2));
      const pcm = Int16Array.from({ length: tail.length >> 1 }, (_, at) => tail.readInt16LE(at * 2));
      const heard = measureTone(pcm);
      if (heard !== undefined && heard.ms > 900 && Math.abs(heard.hz - hz) < 2) return;
      if (Date.now() > until) throw new Error(`baresip did not hear ${hz} Hz, but ${JSON.stringify(heard)}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Keys by RFC 4733, one after another. */
  async press(digits: string): Promise<void> {
    await this.control.command('sndcode', digits);
  }

  /** Keys that the far end pressed. */
  heardDigits(): string {
    return this.control.events
      .slice(this.#since)
      .filter(({ type }) => type === 'CALL_DTMF_START')
      .map(({ param }) => param)
      .join('');
  }

  waitForDigits(digits: string): Promise<true> {
    return this.control.watch.until(
      `the digits ${digits} at baresip`,
      () => this.heardDigits().includes(digits) || undefined,
      () => JSON.stringify(this.control.events),
    );
  }

  /** What baresip heard in its last call, after it ended: decoded sound, behind its jitter buffer. */
  async heard(): Promise<HeardSound> {
    await this.ended();
    // The recording is finished after the event; a command is answered after that.
    await this.control.command('listcalls');
    const newest = (await this.#recordings()).at(-1);
    if (newest === undefined) throw new Error('baresip recorded nothing');
    const pcm = parseWav(await readFile(join(this.folder, newest)));
    const received = new Uint8Array(pcm.length).fill(1);
    const packets = Math.ceil(pcm.length / FRAME_SAMPLES);
    return { pcm, received, packets, lostPackets: 0, duplicates: 0, reordered: 0 };
  }

  /** What it heard, a file for each call. */
  async #recordings(): Promise<string[]> {
    return (await readdir(this.folder)).filter((name) => name.endsWith('-dec.wav')).sort();
  }

  async close(): Promise<void> {
    this.control.close();
    await this.child.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Loopback only, G.711 only, sound from a file, what is heard into a file. */
function configuration(folder: string, sipPort: number, controlPort: number): string {
  return [
    'poll_method poll',
    `sip_listen ${HOST}:${sipPort}`,
    `net_interface ${HOST}`,
    `audio_source aufile,${join(folder, 'says.wav')}`,
    'audio_player aubridge,player',
    'audio_alert aubridge,alert',
    ...['ausrc_srate 8000', 'auplay_srate 8000', 'ausrc_channels 1', 'auplay_channels 1'],
    ...['ringback_disabled yes', 'menu_bell no', 'statmode_default off'],
    'module_path /usr/lib/baresip/modules',
    ...['g711', 'aufile', 'aubridge', 'sndfile'].map((name) => `module ${name}.so`),
    'module_tmp account.so',
    ...['contact', 'menu', 'ctrl_tcp', 'mwi', 'presence'].map((name) => `module_app ${name}.so`),
    `ctrl_tcp_listen ${HOST}:${controlPort}`,
    `snd_path ${folder}`,
    '',
  ].join('\n');
}
