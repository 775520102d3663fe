import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { OPENAI_VOICES } from '#apis/verify/speech-openai-routes.js';
import { createAccount, createKey } from '#core/accounts/index.js';
import { creditWallet, findWallet, setMetering, setPrice } from '#core/billing/index.js';
import { purgeOld } from '#core/retention/index.js';
import { encodeAudio } from '#speech/encode-audio.js';
import { readMp3 } from '#speech/mp3.js';
import { SttError, type SpeechToText } from '#speech/stt.js';
import { SpeechError, type Samples } from '#speech/tts.js';
import { isWav, readWav } from '#speech/wav.js';
import { HeldClock } from '../held-clock.js';
import { openToneSpeech, type ToneSpeech } from '../tone-speech.js';
import { openWorld, type Reply, type RequestOptions, type World } from '../world.js';

/** Request -> response, for what the Verify door speaks and hears. */
let world: World;
let tts: ToneSpeech;
let ear: ReturnType<typeof openEar>;
let files: Server;
let filesUrl: string;
let wav: Buffer;
let mp3: Buffer;

/** Understands whatever the test tells it to. */
function openEar() {
  const heard: { sound: Samples; language: string | undefined }[] = [];
  const ear = {
    name: 'ear',
    heard,
    answer: async (): Promise<string> => 'Hello there.',
    transcribe: async (sound: Samples, { language }: { language?: string } = {}) => {
      heard.push({ sound, language });
      return ear.answer();
    },
    close: async () => undefined,
  };
  return ear satisfies SpeechToText;
}

beforeAll(async () => {
  tts = openToneSpeech();
  ear = openEar();
  world = await openWorld({ tts, hearing: ear });
  const tone = Int16Array.from({ length: 48_000 }, (_, n) => 8_000 * Math.sin((2 * Math.PI * 440 * n) / 16_000));
  wav = Buffer.from(await encodeAudio({ pcm: tone, rate: 16_000 }, 'wav'));
  mp3 = Buffer.from(await encodeAudio({ pcm: tone, rate: 16_000 }, 'mp3'));
  files = createServer((request, response) => {
    const found = {
      '/a.wav': wav,
      '/a.mp3': mp3,
      '/page': Buffer.from('<!DOCTYPE html>'),
      '/big': Buffer.alloc(11_000_000),
    }[request.url ?? ''];
    response.writeHead(found === undefined ? 404 : 200).end(found);
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  filesUrl = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await world.close();
  await new Promise((resolve) => files.close(resolve));
});
beforeEach(() => {
  if (world.clock instanceof HeldClock) world.clock.advance(60_000);
  ear.answer = async () => 'Hello there.';
  ear.heard.length = 0;
});

function ask(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
  return world.request(method, `/v1${path}`, options);
}
const live = (body: object): RequestOptions => ({ body, key: world.keys.live });

/** The path of a link: its address is one of the outside. */
function pathOf(url: unknown): string {
  expect(String(url)).toMatch(/^http:\/\/127\.0\.0\.1:8080\/v1\/speech\/files\/[A-Za-z0-9_-]{32}\.(mp3|wav|ogg)$/);
  return new URL(String(url)).pathname;
}
const fetchFile = (url: unknown, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> =>
  world.request(method, pathOf(url), { key: null, headers });

function refusal(code: string, message: RegExp | string) {
  const text: unknown = typeof message === 'string' ? message : expect.stringMatching(message);
  return { error: { code, message: text } };
}
const spokenFiles = () => world.core.db.selectFrom('speech_files').selectAll().orderBy('id').execute();

describe('POST /v1/speech/tts', () => {
  it('speaks into a file that its link leads to', async () => {
    const { status, body } = await ask('POST', '/speech/tts', live({ text: 'One two three four.' }));
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        object: 'speech',
        livemode: true,
        id: expect.stringMatching(/^spf_/) as string,
        status: 'done',
        format: 'mp3',
        url: expect.any(String) as string,
        expires_at: new Date(world.clock.now() + 86_400_000).toISOString().replace(/\.\d+/, ''),
        duration_ms: 1_000,
        voice: 'en-US-Standard-F',
      },
    });
    expect(tts.sentences.at(-1)).toBe('One two three four.');
    const file = await fetchFile(body['url']);
    expect(file.status).toBe(200);
    expect(file.headers).toMatchObject({
      'content-type': 'audio/mpeg',
      'content-length': String(file.raw.length),
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-store',
    });
    expect(file.headers['access-control-allow-origin']).toBeUndefined();
    const { pcm, rate } = readMp3(file.raw, 10);
    expect(rate).toBe(16_000);
    expect(pitchOf(pcm.subarray(2_000, 14_000), rate)).toBeCloseTo(500, -1);
  });

  it.each([
    ['wav', 'audio/wav'],
    ['ogg', 'audio/ogg'],
    ['mp3', 'audio/mpeg'],
  ])('as %s', async (format, type) => {
    const { body } = await ask('POST', '/speech/tts', live({ text: 'One two.', format, voice: 'en-US-Standard-M' }));
    expect(body).toMatchObject({ format, voice: 'en-US-Standard-M', duration_ms: 500 });
    const { raw, headers } = await fetchFile(body['url']);
    expect(headers['content-type']).toBe(type);
    const start = raw.toString('latin1', 0, 4);
    expect(start).toBe({ wav: 'RIFF', ogg: 'OggS', mp3: '\xff\xf3\x88\xc4' }[format]);
  });

  it('takes a voice by its language, and one that stands in', async () => {
    const byLanguage = await ask('POST', '/speech/tts', live({ text: 'Hi.', language: 'en-AU', format: 'wav' }));
    expect(byLanguage.body['voice']).toBe('en-US-Standard-F');
    const neural = await ask('POST', '/speech/tts', live({ text: 'Hi.', voice: 'en-us-neural-d', format: 'wav' }));
    expect(neural.body['voice']).toBe('en-US-Standard-M');
  });

  it('with a test key: three notes, simulated, and nobody speaks', async () => {
    const before = tts.sentences.length;
    const { status, body } = await ask('POST', '/speech/tts', { body: { text: 'My secret.', format: 'wav' } });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { object: 'speech', livemode: false, simulated: true, status: 'done', duration_ms: 1_200 },
    });
    expect(tts.sentences.length).toBe(before);
    const { raw } = await fetchFile(body['url']);
    const { pcm, rate } = readWav(raw);
    expect(pitchOf(pcm.subarray(1_000, 5_000), rate)).toBeCloseTo(523, -1);
  });

  const bad: [what: string, body: unknown, message: RegExp][] = [
    ['no text', {}, /^text: /],
    ['text empty', { text: '' }, /^text: /],
    ['text of signs', { text: ' …!' }, /^text: There is nothing in the text/],
    ['text too long', { text: 'a'.repeat(5_001) }, /^text: .*5,?000/],
    ['text as a number', { text: 5 }, /^text: /],
    ['an unknown voice', { text: 'Hi.', voice: 'nobody' }, /^voice: .*nobody.*en-US-Standard-F, en-US-Standard-M/],
    ['an unknown language', { text: 'Hi.', language: 'xx' }, /^language: No voice speaks "xx".*en-US/],
    ['a language that is none', { text: 'Hi.', language: 'English, please' }, /^language: /],
    ['a voice of another language', { text: 'Hi.', voice: 'en-US-Standard-F', language: 'fr' }, /^language: .*en-US/],
    ['an unknown format', { text: 'Hi.', format: 'flac' }, /^format: .*mp3.*wav.*ogg/],
    ['an unknown field', { text: 'Hi.', speed: 2 }, /^speed: /],
    ['no object', '[]', /object/],
    ['no JSON', '{', /JSON/],
  ];
  it.each(bad)('refuses %s', async (_what, body, message) => {
    const before = await spokenFiles();
    for (const key of [world.keys.live, world.keys.test]) {
      const reply = await ask('POST', '/speech/tts', { body, key });
      expect({ status: reply.status, body: reply.body }).toEqual({ status: 400, body: refusal('invalid', message) });
    }
    expect(await spokenFiles()).toEqual(before);
  });

  it('says that the voice failed', async () => {
    const failing = openToneSpeech();
    const elsewhere = await openWorld({
      tts: { ...failing, synthesize: () => Promise.reject(new SpeechError('the tone broke')) },
    });
    try {
      const reply = await elsewhere.request('POST', '/v1/speech/tts', {
        body: { text: 'Hi.' },
        key: elsewhere.keys.live,
      });
      expect(reply.status).toBe(502);
      expect(reply.body).toEqual(refusal('speech_failed', /the tone broke/));
    } finally {
      await elsewhere.close();
    }
  });

  it('says that a full disk keeps nothing, and charges nothing', async () => {
    const before = await spokenFiles();
    const full = new Error('ENOSPC: no space left on device');
    vi.spyOn(world.core.speechFiles, 'write').mockRejectedValueOnce(full);
    const log = vi.spyOn(world.core.log, 'error').mockReturnValueOnce(undefined);
    const reply = await ask('POST', '/speech/tts', live({ text: 'No room.', format: 'wav' }));
    expect(reply.status).toBe(503);
    expect(reply.body).toEqual(refusal('service_unavailable', /cannot be stored/));
    expect(log).toHaveBeenCalledExactlyOnceWith({ error: String(full) }, expect.any(String));
    vi.restoreAllMocks();
    expect(await spokenFiles()).toEqual(before);
  });

  it('is done once for an Idempotency-Key, and the reply with its link is kept sealed', async () => {
    const options = { ...live({ text: 'Only once.', format: 'wav' }), headers: { 'idempotency-key': 'tts-1' } };
    const first = await ask('POST', '/speech/tts', options);
    const count = (await spokenFiles()).length;
    const second = await ask('POST', '/speech/tts', options);
    expect(second.body).toEqual(first.body);
    expect(await spokenFiles()).toHaveLength(count);
    const { reply } = await world.core.db
      .selectFrom('idempotency_keys')
      .select('reply')
      .where('key', '=', 'tts-1')
      .executeTakeFirstOrThrow();
    expect(reply).not.toContain('speech');
  });

  it('keeps a token only as its hash', async () => {
    const { body } = await ask('POST', '/speech/tts', live({ text: 'Hash me.', format: 'wav' }));
    const token = pathOf(body['url']).split('/').at(-1)!.split('.')[0]!;
    expect(JSON.stringify(await spokenFiles())).not.toContain(token);
  });

  it('does four at once for an account, and says when to come again', async () => {
    let letSpeak: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letSpeak = resolve));
    const { speech } = world.core;
    const speak = speech.speak.bind(speech);
    vi.spyOn(speech, 'speak').mockImplementation(async (...text) => held.then(() => speak(...text)));
    let refused = 0;
    const replies = await Promise.all(
      Array.from({ length: 7 }, async (_, n) => {
        const reply = await ask('POST', '/speech/tts', live({ text: `Number ${n}.`, format: 'wav' }));
        if (reply.status === 429 && ++refused === 3) letSpeak();
        return reply;
      }),
    );
    vi.restoreAllMocks();
    const busy = replies.filter(({ status }) => status === 429);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(4);
    expect(busy).toHaveLength(3);
    for (const { body, headers } of busy) {
      expect(body).toEqual(refusal('rate_limited', /Retry after 2s\.$/));
      expect(headers['retry-after']).toBe('2');
    }
  });
});

describe('links of spoken files', () => {
  it('give parts', async () => {
    const { body } = await ask('POST', '/speech/tts', live({ text: 'One two three.', format: 'wav' }));
    const whole = (await fetchFile(body['url'])).raw;
    const size = whole.length;
    const parts: [range: string, first: number, last: number][] = [
      ['bytes=0-9', 0, 9],
      ['bytes=100-', 100, size - 1],
      ['bytes=-50', size - 50, size - 1],
      [`bytes=10-${size + 5}`, 10, size - 1],
    ];
    for (const [range, first, last] of parts) {
      const part = await fetchFile(body['url'], { range });
      expect(part.status).toBe(206);
      expect(part.headers['content-range']).toBe(`bytes ${first}-${last}/${size}`);
      expect(part.raw.equals(whole.subarray(first, last + 1))).toBe(true);
    }
    const none = await fetchFile(body['url'], { range: `bytes=${size}-` });
    expect(none.status).toBe(416);
    expect(none.headers['content-range']).toBe(`bytes */${size}`);
    expect(none.body).toEqual(refusal('range_not_satisfiable', /bytes/));
    for (const range of ['bytes=5-1', 'bytes=0-1,4-5', 'lines=0-1', 'bytes=-']) {
      const all = await fetchFile(body['url'], { range });
      expect([all.status, all.raw.length]).toEqual([200, size]);
    }
    expect((await fetchFile(body['url'], { range: 'bytes=0-1', 'if-range': '"x"' })).status).toBe(200);
  });

  it('answer HEAD without the sound', async () => {
    const { body } = await ask('POST', '/speech/tts', live({ text: 'One.', format: 'wav' }));
    const { raw } = await fetchFile(body['url']);
    const head = await fetchFile(body['url'], {}, 'HEAD');
    expect([head.status, head.raw.length, head.headers['content-length']]).toEqual([200, 0, String(raw.length)]);
  });

  it('are nothing with another token or ending', async () => {
    const { body } = await ask('POST', '/speech/tts', live({ text: 'One.', format: 'wav' }));
    const path = pathOf(body['url']);
    for (const wrong of [
      path.replace('.wav', '.mp3'),
      path.replace('.wav', ''),
      '/v1/speech/files/x.wav',
      `${path}x`,
    ]) {
      const reply = await world.request('GET', wrong, { key: null });
      expect({ status: reply.status, body: reply.body }).toEqual({
        status: 404,
        body: refusal('not_found', /no such file/),
      });
    }
  });

  it('end after a day, and the housekeeping takes the bytes', async () => {
    const { body } = await ask('POST', '/speech/tts', live({ text: 'Until tomorrow.', format: 'wav' }));
    if (!(world.clock instanceof HeldClock)) throw new Error('this clock is not held');
    world.clock.advance(86_399_000);
    await world.settle();
    expect((await fetchFile(body['url'])).status).toBe(200);
    world.clock.advance(1_000);
    expect((await fetchFile(body['url'])).status).toBe(404);
    const row = (await spokenFiles()).find(({ id }) => id === body['id'])!;
    await purgeOld(world.core);
    expect((await spokenFiles()).map(({ id }) => id)).not.toContain(body['id']);
    expect(await world.core.speechFiles.open(row.file, { first: 0, last: 0 })).toBeUndefined();
  });

  it('end when the file is deleted, by its account and mode only', async () => {
    const { body } = await ask('POST', '/speech/tts', live({ text: 'Delete me.', format: 'wav' }));
    const stranger = await createAccount(world.core, { name: 'Stranger', actor: 'test' });
    const { secret } = await createKey(world.core, { accountId: stranger.id, mode: 'live', actor: 'test' });
    const path = `/speech/${String(body['id'])}`;
    for (const key of [world.keys.test, secret]) expect((await ask('DELETE', path, { key })).status).toBe(404);
    expect((await fetchFile(body['url'])).status).toBe(200);
    const gone = await ask('DELETE', path, { key: world.keys.live });
    expect(gone.body).toEqual({ object: 'speech', livemode: true, id: body['id'], deleted: true });
    expect((await fetchFile(body['url'])).status).toBe(404);
    expect((await ask('DELETE', path, { key: world.keys.live })).status).toBe(404);
  });

  it('survive nothing half written: what a dead process left goes with its day', async () => {
    const file = '2001-01-01/left.wav';
    await world.core.speechFiles.write(file, new Uint8Array(8));
    await purgeOld(world.core);
    expect(await world.core.speechFiles.open(file, { first: 0, last: 0 })).toBeUndefined();
  });
});

describe('POST /v1/speech/stt', () => {
  it.each([
    ['a WAV in the body', () => ({ audio_base64: wav.toString('base64') })],
    ['an MP3 in the body', () => ({ audio_base64: mp3.toString('base64') })],
    ['a WAV at an address', () => ({ audio_url: `${filesUrl}/a.wav` })],
    ['an MP3 at an address', () => ({ audio_url: `${filesUrl}/a.mp3` })],
  ])('writes down %s', async (_what, body) => {
    const reply = await ask('POST', '/speech/stt', live({ ...body(), language: 'en-GB' }));
    expect({ status: reply.status, body: reply.body }).toEqual({
      status: 200,
      body: {
        object: 'transcription',
        livemode: true,
        id: expect.stringMatching(/^trn_/) as string,
        status: 'done',
        transcript: 'Hello there.',
        duration_ms: expect.any(Number) as number,
      },
    });
    expect(ear.heard).toHaveLength(1);
    const [{ sound, language }] = ear.heard as [(typeof ear.heard)[0]];
    expect([sound.rate, language]).toEqual([16_000, 'en-GB']);
    expect(pitchOf(sound.pcm.subarray(2_000, 40_000), 16_000)).toBeCloseTo(440, -1);
  });

  it('with a test key: the sound is read, the text simulated', async () => {
    const reply = await ask('POST', '/speech/stt', { body: { audio_base64: wav.toString('base64') } });
    expect(reply.body).toMatchObject({
      livemode: false,
      simulated: true,
      transcript: 'This is a simulated transcription.',
      duration_ms: 3_000,
    });
    expect(ear.heard).toEqual([]);
  });

  const bad: [what: string, body: () => unknown, message: RegExp][] = [
    ['neither', () => ({}), /^audio_url: One of audio_url and audio_base64/],
    ['both', () => ({ audio_url: `${filesUrl}/a.wav`, audio_base64: 'AAAA' }), /^audio_url: .*not both/],
    ['an address that is none', () => ({ audio_url: 'a.wav' }), /^audio_url: /],
    ['an address of another kind', () => ({ audio_url: 'file:///etc/passwd' }), /^audio_url: /],
    ['an address with nothing', () => ({ audio_url: `${filesUrl}/none` }), /^audio_url: .*404/],
    ['an address with a page', () => ({ audio_url: `${filesUrl}/page` }), /^audio_url: .*HTML/],
    ['an address with too much', () => ({ audio_url: `${filesUrl}/big` }), /^audio_url: .*larger than/],
    ['an address inside the network', () => ({ audio_url: 'http://10.0.0.1/a.wav' }), /^audio_url: /],
    ['what is not base64', () => ({ audio_base64: 'a b' }), /^audio_base64: .*base64/],
    ['nothing in base64', () => ({ audio_base64: '' }), /^audio_base64: .*base64/],
    [
      'text in base64',
      () => ({ audio_base64: Buffer.from('hello, world').toString('base64') }),
      /^audio_base64: .*neither WAV nor MP3/,
    ],
    [
      'too much in base64',
      () => ({ audio_base64: Buffer.alloc(10 * 1024 * 1024 + 3).toString('base64') }),
      /^audio_base64: .*limit/,
    ],
    ['a language that is none', () => ({ audio_base64: 'AAAA', language: '?' }), /^language: /],
    ['an unknown field', () => ({ audio: 'x' }), /^audio: /],
  ];
  it.each(bad)('refuses %s', async (_what, body, message) => {
    for (const key of [world.keys.live, world.keys.test]) {
      const reply = await ask('POST', '/speech/stt', { body: body(), key });
      expect({ status: reply.status, body: reply.body }).toEqual({ status: 400, body: refusal('invalid', message) });
    }
    expect(ear.heard).toEqual([]);
  });

  it('says that it was not understood', async () => {
    ear.answer = () => Promise.reject(new SttError('the ear answered 500'));
    const reply = await ask('POST', '/speech/stt', live({ audio_base64: wav.toString('base64') }));
    expect(reply.status).toBe(502);
    expect(reply.body).toEqual(refusal('speech_failed', /the ear answered 500/));
  });

  it('says how to configure it', async () => {
    const deaf = await openWorld();
    try {
      const body = { audio_base64: wav.toString('base64') };
      const reply = await deaf.request('POST', '/v1/speech/stt', { body, key: deaf.keys.live });
      expect(reply.status).toBe(502);
      expect(reply.body).toEqual(
        refusal('speech_failed', /SIDETONE_STT_URL.*SIDETONE_DEEPGRAM_KEY.*SIDETONE_SHERPA_STT_MODEL/),
      );
      expect((await deaf.request('POST', '/v1/speech/stt', { body })).status).toBe(200);
    } finally {
      await deaf.close();
    }
  });
});

test('GET /v1/voices', async () => {
  const { status, body } = await ask('GET', '/voices');
  expect({ status, body }).toEqual({
    status: 200,
    body: {
      object: 'list',
      data: ['F', 'M'].map((letter) => ({
        object: 'voice',
        livemode: false,
        simulated: true,
        id: `en-US-Standard-${letter}`,
        language: 'en-US',
        gender: letter === 'F' ? 'female' : 'male',
        quality: 'standard',
      })),
    },
  });
});

describe('POST /v1/audio/speech', () => {
  const body = { model: 'tts-1', input: 'One two.', voice: 'nova' };

  it.each([
    [undefined, 'audio/mpeg'],
    ['mp3', 'audio/mpeg'],
    ['wav', 'audio/wav'],
    ['opus', 'audio/ogg'],
    ['pcm', 'audio/pcm'],
  ])('answers with the sound: %s', async (response_format, type) => {
    const { status, headers, raw } = await ask('POST', '/audio/speech', live({ ...body, response_format }));
    expect([status, headers['content-type'], headers['content-length']]).toEqual([200, type, String(raw.length)]);
    if (response_format === 'wav') expect(isWav(raw)).toBe(true);
    // Half a second at 24,000.
    if (response_format === 'pcm') expect(raw.length).toBe(24_000);
  });

  it('has a voice for each of OpenAI’s, and takes ours', async () => {
    for (const voice of [...Object.keys(OPENAI_VOICES), 'en-US-Standard-M']) {
      // The tone speech has no British voice.
      if (OPENAI_VOICES[voice]?.startsWith('en-GB') === true) continue;
      expect((await ask('POST', '/audio/speech', live({ ...body, voice, response_format: 'wav' }))).status).toBe(200);
    }
  });

  it('ignores an Idempotency-Key: sound is not kept', async () => {
    const options = { ...live({ ...body, response_format: 'wav' }), headers: { 'idempotency-key': 'audio-1' } };
    const [first, second] = [await ask('POST', '/audio/speech', options), await ask('POST', '/audio/speech', options)];
    expect(first.raw.equals(second.raw)).toBe(true);
    expect(second.headers['idempotency-replayed']).toBeUndefined();
  });

  it.each([
    ['no input', { input: undefined }, /^input: /],
    ['input of signs', { input: '?!' }, /^input: /],
    ['no voice', { voice: undefined }, /^voice: /],
    ['an unknown voice', { voice: 'nobody' }, /^voice: /],
    ['a format that is not made', { response_format: 'aac' }, /^response_format: /],
    ['another speed', { speed: 1.5 }, /^speed: /],
  ])('refuses %s', async (_what, change, message) => {
    const reply = await ask('POST', '/audio/speech', live({ ...body, ...change }));
    expect({ status: reply.status, body: reply.body }).toEqual({ status: 400, body: refusal('invalid', message) });
  });
});

describe('POST /v1/audio/transcriptions', () => {
  async function send(fields: Record<string, string | Blob>, key = world.keys.live, headers = {}): Promise<Reply> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === 'string') form.append(name, value);
      else form.append(name, value, 'sound.wav');
    }
    const encoded = new Response(form);
    const payload = Buffer.from(await encoded.arrayBuffer());
    const type = encoded.headers.get('content-type')!;
    const reply = await world.platform.server.app.inject({
      method: 'POST',
      url: '/v1/audio/transcriptions',
      headers: { authorization: `Bearer ${key}`, 'content-type': type, ...headers },
      payload,
    });
    return { status: reply.statusCode, headers: reply.headers, body: reply.json(), raw: reply.rawPayload };
  }
  const sound = (): Blob => new Blob([new Uint8Array(wav)]);

  it('answers with the text', async () => {
    const reply = await send({
      file: sound(),
      model: 'whisper-1',
      language: 'en',
      response_format: 'json',
      temperature: '0',
    });
    expect({ status: reply.status, body: reply.body }).toEqual({ status: 200, body: { text: 'Hello there.' } });
    expect(ear.heard.map(({ language }) => language)).toEqual(['en']);
    const simulated = await send({ file: sound(), model: 'whisper-1' }, world.keys.test);
    expect(simulated.body).toEqual({ text: 'This is a simulated transcription.' });
  });

  it('is done once for an Idempotency-Key, whatever the boundary', async () => {
    const headers = { 'idempotency-key': 'form-1' };
    const fields = () => ({ file: sound(), model: 'whisper-1' });
    await send(fields(), world.keys.live, headers);
    const again = await send(fields(), world.keys.live, headers);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(ear.heard).toHaveLength(1);
    const other = await send({ ...fields(), language: 'fr' }, world.keys.live, headers);
    expect(other.status).toBe(422);
  });

  it.each([
    ['no file', () => ({ model: 'whisper-1' }), /^file: /],
    ['a file as text', () => ({ model: 'whisper-1', file: 'sound' }), /^file: This must be an uploaded file/],
    ['a file that is no sound', () => ({ model: 'whisper-1', file: new Blob(['hello, world']) }), /^file: .*WAV/],
    ['no model', () => ({ file: sound() }), /^model: /],
    ['a format that is not made', () => ({ file: sound(), model: 'x', response_format: 'srt' }), /^response_format: /],
    ['an unknown field', () => ({ file: sound(), model: 'x', colour: 'red' }), /^colour: /],
  ])('refuses %s', async (_what, fields, message) => {
    const reply = await send(fields());
    expect({ status: reply.status, body: reply.body }).toEqual({ status: 400, body: refusal('invalid', message) });
  });

  it('refuses what is no form, and forms elsewhere', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const garbled = await ask('POST', '/audio/transcriptions', { body: '--x\r\n', headers });
    expect([garbled.status, garbled.body]).toEqual([400, refusal('invalid', /form/)]);
    const part = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n';
    const endless = await ask('POST', '/audio/transcriptions', { body: `${part.repeat(101)}--x--\r\n`, headers });
    expect([endless.status, endless.body]).toEqual([400, refusal('invalid', /more than 100 parts/)]);
    const elsewhere = await ask('POST', '/speech/tts', { body: '--x\r\n', headers });
    expect(elsewhere.status).toBe(415);
  });
});

describe('keys', () => {
  const routes: [method: string, path: string, body: object | undefined][] = [
    ['POST', '/speech/tts', { text: 'Hi.' }],
    ['POST', '/speech/stt', { audio_url: 'http://127.0.0.1:9/a.wav' }],
    ['POST', '/audio/speech', { model: 'x', input: 'Hi.', voice: 'nova' }],
    ['POST', '/audio/transcriptions', undefined],
    ['DELETE', '/speech/spf_none', undefined],
  ];
  it.each(routes)('%s %s needs speech:write', async (method, path, body) => {
    const { secret } = await createKey(world.core, {
      accountId: world.account.id,
      mode: 'live',
      scopes: ['otp:write'],
      actor: 'test',
    });
    const options = body === undefined ? {} : { body };
    const forbidden = await ask(method, path, { ...options, key: secret });
    expect([forbidden.status, forbidden.body]).toEqual([403, refusal('forbidden', /speech:write/)]);
    expect((await ask(method, path, { ...options, key: null })).status).toBe(401);
  });

  it('other methods are told which there are', async () => {
    const reply = await ask('GET', '/speech/tts');
    expect([reply.status, reply.headers['allow']]).toEqual([405, 'POST']);
    const posted = await ask('POST', '/voices', { body: {} });
    expect([posted.status, posted.headers['allow']]).toEqual([405, 'GET, HEAD']);
  });
});

describe('money', () => {
  it('is taken once for what was done, and what cannot be paid is refused before anybody works', async () => {
    const { id: accountId } = await createAccount(world.core, { name: 'Paying', actor: 'test' });
    const { secret: key } = await createKey(world.core, { accountId, mode: 'live', actor: 'test' });
    const { secret: testKey } = await createKey(world.core, { accountId, mode: 'test', actor: 'test' });
    await setPrice(world.core, { accountId, unit: 'tts_1k_characters', amount: '1000', actor: 'test' });
    await setPrice(world.core, { accountId, unit: 'stt_minute', amount: '40', actor: 'test' });
    await setMetering(world.core, { accountId, metering: 'prepaid', actor: 'test' });
    const tenCharacters = { text: 'Ten chars.', format: 'wav' };
    const heardBefore = tts.sentences.length;
    const sound = { audio_base64: wav.toString('base64') };

    for (const [path, body] of [
      ['/speech/tts', tenCharacters],
      ['/speech/stt', sound],
    ] as const) {
      const poor = await ask('POST', path, { body, key });
      expect([poor.status, poor.body]).toEqual([402, refusal('insufficient_funds', /balance/)]);
    }
    expect([tts.sentences.length, ear.heard.length]).toEqual([heardBefore, 0]);
    expect((await ask('POST', '/speech/tts', { body: tenCharacters, key: testKey })).status).toBe(200);

    await creditWallet(world.core, { accountId, amount: 23, note: 'test', actor: 'test' });
    const balance = async () => (await findWallet(world.core, accountId)).balance;
    expect((await ask('POST', '/speech/tts', { body: tenCharacters, key })).status).toBe(200);
    expect(await balance()).toBe(13);
    const headers = { 'idempotency-key': 'paid' };
    const body = { model: 'x', input: 'Ten chars.', voice: 'nova' };
    expect((await ask('POST', '/audio/speech', { body, key, headers })).status).toBe(200);
    expect(await balance()).toBe(3);
    // Three seconds.
    expect((await ask('POST', '/speech/stt', { body: sound, key, headers })).status).toBe(200);
    expect((await ask('POST', '/speech/stt', { body: sound, key, headers })).status).toBe(200);
    expect(await balance()).toBe(1);
    expect((await ask('POST', '/speech/tts', { body: tenCharacters, key })).status).toBe(402);

    ear.answer = () => Promise.reject(new SttError('nothing'));
    await creditWallet(world.core, { accountId, amount: 9, note: 'test', actor: 'test' });
    expect((await ask('POST', '/speech/stt', { body: sound, key })).status).toBe(502);
    expect(await balance()).toBe(10);
  });
});

/** By rising zero crossings. Hertz. */
function pitchOf(pcm: Int16Array, rate: number): number {
  const rises: number[] = [];
  for (let at = 1; at < pcm.length; at++) {
    const [before, now] = [pcm[at - 1]!, pcm[at]!];
    if (before < 0 && now >= 0) rises.push(at - 1 - before / (now - before));
  }
  return ((rises.length - 1) * rate) / (rises.at(-1)! - rises[0]!);
}
