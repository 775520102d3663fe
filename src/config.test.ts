import { describe, expect, it } from 'vitest';
import { ConfigError, publicUrl, readConfig, type Environment } from '#config.js';

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toEqual({
      http: { host: '127.0.0.1', port: 8080, tls: undefined, trustedProxies: [] },
      sip: { host: '127.0.0.1', port: 5060, tls: undefined },
      rtpPorts: { first: 20_000, last: 29_999 },
      publicAddress: undefined,
      publicUrl: undefined,
      secretKey: undefined,
      webhookAllow: { hosts: [], networks: [] },
      dataFolder: `${process.cwd()}/data`,
      databaseUrl: undefined,
      drainSeconds: 30,
      speech: {
        espeak: { program: 'espeak-ng', required: false },
        openaiVoices: undefined,
        sherpaVoice: undefined,
        hearing: undefined,
      },
      logLevel: 'info',
      loopbackOnly: true,
    });
  });

  it('takes an empty variable as unset', () => {
    expect(readConfig({ SIDETONE_PORT: '', SIDETONE_HOST: ' ', DATABASE_URL: '' })).toEqual(readConfig({}));
  });

  it('reads everything', () => {
    expect(
      readConfig({
        SIDETONE_HOST: '[::]',
        SIDETONE_PORT: '0',
        SIDETONE_SIP_HOST: '10.0.0.5',
        SIDETONE_SIP_PORT: '0',
        SIDETONE_RTP_PORTS: '30000-30999',
        SIDETONE_PUBLIC_ADDRESS: '203.0.113.7',
        SIDETONE_PUBLIC_URL: 'https://phone.example.com/',
        SIDETONE_TLS_CERT: '/etc/tls/cert.pem',
        SIDETONE_TLS_KEY: '/etc/tls/key.pem',
        SIDETONE_SIP_TLS_CERT: '/etc/sip/cert.pem',
        SIDETONE_SIP_TLS_KEY: '/etc/sip/key.pem',
        SIDETONE_SIP_TLS_PORT: '5071',
        SIDETONE_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
        SIDETONE_SECRET_KEY: '0123456789abcdef',
        SIDETONE_WEBHOOK_ALLOW: 'Hooks.internal, 10.1.2.3, 192.168.0.0/16, fd00::/8',
        SIDETONE_DATA: '/var/lib/sidetone',
        DATABASE_URL: 'postgres://user:secret@db:5432/sidetone',
        SIDETONE_DRAIN_SECONDS: '5',
        SIDETONE_LOG_LEVEL: 'DEBUG',
      }),
    ).toEqual({
      http: {
        host: '::',
        port: 0,
        tls: { certFile: '/etc/tls/cert.pem', keyFile: '/etc/tls/key.pem' },
        trustedProxies: ['10.0.0.0/8', '::1'],
      },
      sip: {
        host: '10.0.0.5',
        port: 0,
        tls: { certFile: '/etc/sip/cert.pem', keyFile: '/etc/sip/key.pem', port: 5071 },
      },
      rtpPorts: { first: 30_000, last: 30_999 },
      publicAddress: '203.0.113.7',
      publicUrl: 'https://phone.example.com',
      secretKey: '0123456789abcdef',
      webhookAllow: {
        hosts: ['hooks.internal'],
        networks: [
          { address: '10.1.2.3', prefix: 32, family: 'ipv4' },
          { address: '192.168.0.0', prefix: 16, family: 'ipv4' },
          { address: 'fd00::', prefix: 8, family: 'ipv6' },
        ],
      },
      dataFolder: '/var/lib/sidetone',
      databaseUrl: 'postgres://user:secret@db:5432/sidetone',
      speech: readConfig({}).speech,
      drainSeconds: 5,
      logLevel: 'debug',
      loopbackOnly: false,
    });
  });

  it.each<[env: Environment, variable: string]>([
    [{ SIDETONE_HOST: 'not a host' }, 'SIDETONE_HOST'],
    [{ SIDETONE_PORT: '65536' }, 'SIDETONE_PORT'],
    [{ SIDETONE_PORT: '-1' }, 'SIDETONE_PORT'],
    [{ SIDETONE_PORT: '80a' }, 'SIDETONE_PORT'],
    [{ SIDETONE_PORT: '8e3' }, 'SIDETONE_PORT'],
    [{ SIDETONE_SIP_HOST: 'a b' }, 'SIDETONE_SIP_HOST'],
    [{ SIDETONE_SIP_PORT: 'sip' }, 'SIDETONE_SIP_PORT'],
    [{ SIDETONE_RTP_PORTS: '20000' }, 'SIDETONE_RTP_PORTS'],
    [{ SIDETONE_RTP_PORTS: '29999-20000' }, 'SIDETONE_RTP_PORTS'],
    [{ SIDETONE_RTP_PORTS: '20000-20000' }, 'SIDETONE_RTP_PORTS'],
    [{ SIDETONE_RTP_PORTS: '60000-70000' }, 'SIDETONE_RTP_PORTS'],
    [{ SIDETONE_PUBLIC_ADDRESS: 'phone.example.com' }, 'SIDETONE_PUBLIC_ADDRESS'],
    [{ SIDETONE_PUBLIC_URL: 'phone.example.com' }, 'SIDETONE_PUBLIC_URL'],
    [{ SIDETONE_PUBLIC_URL: 'ftp://phone.example.com' }, 'SIDETONE_PUBLIC_URL'],
    [{ SIDETONE_PUBLIC_URL: 'https://phone.example.com/?a=b' }, 'SIDETONE_PUBLIC_URL'],
    [{ SIDETONE_TLS_CERT: '/cert.pem' }, 'SIDETONE_TLS_KEY'],
    [{ SIDETONE_TLS_KEY: '/key.pem' }, 'SIDETONE_TLS_CERT'],
    [{ SIDETONE_SIP_TLS_CERT: '/cert.pem' }, 'SIDETONE_SIP_TLS_KEY'],
    [{ SIDETONE_SIP_TLS_PORT: '70000' }, 'SIDETONE_SIP_TLS_PORT'],
    [{ SIDETONE_TRUSTED_PROXIES: '10.0.0.0/33' }, 'SIDETONE_TRUSTED_PROXIES'],
    [{ SIDETONE_TRUSTED_PROXIES: 'proxy' }, 'SIDETONE_TRUSTED_PROXIES'],
    [{ SIDETONE_SECRET_KEY: 'short' }, 'SIDETONE_SECRET_KEY'],
    [{ SIDETONE_WEBHOOK_ALLOW: 'https://a.example' }, 'SIDETONE_WEBHOOK_ALLOW'],
    [{ SIDETONE_WEBHOOK_ALLOW: '10.0.0.0/99' }, 'SIDETONE_WEBHOOK_ALLOW'],
    [{ SIDETONE_WEBHOOK_ALLOW: '999.1.1.1' }, 'SIDETONE_WEBHOOK_ALLOW'],
    [{ DATABASE_URL: 'mysql://db' }, 'DATABASE_URL'],
    [{ SIDETONE_DRAIN_SECONDS: 'soon' }, 'SIDETONE_DRAIN_SECONDS'],
    [{ SIDETONE_LOG_LEVEL: 'loud' }, 'SIDETONE_LOG_LEVEL'],
  ])('refuses %o in one line that names the variable', (env, variable) => {
    expect(() => readConfig(env)).toThrow(ConfigError);
    expect(() => readConfig(env)).toThrow(new RegExp(`^${variable}: [^\n]+$`));
  });

  it('shows SIP the certificate of HTTP where it has none of its own', () => {
    const { sip } = readConfig({ SIDETONE_TLS_CERT: '/c', SIDETONE_TLS_KEY: '/k' });
    expect(sip.tls).toEqual({ certFile: '/c', keyFile: '/k', port: 5061 });
  });

  it('never repeats a secret', () => {
    expect(() => readConfig({ SIDETONE_SECRET_KEY: 'hunter2' })).toThrow(/^(?!.*hunter2)/);
    expect(() => readConfig({ DATABASE_URL: 'pg://u:hunter2@db' })).toThrow(/^(?!.*hunter2)/);
  });

  describe('keeps keys from travelling in the clear', () => {
    const tls = { SIDETONE_TLS_CERT: '/c', SIDETONE_TLS_KEY: '/k' };
    it.each<[host: string, others: Environment, accepted: boolean, loopbackOnly?: boolean]>([
      ['127.0.0.1', {}, true, true],
      ['127.8.8.8', {}, true, true],
      ['localhost', {}, true, true],
      ['::1', {}, true, true],
      ['127.0.0.1', { SIDETONE_TRUSTED_PROXIES: '127.0.0.1' }, true, false],
      ['0.0.0.0', {}, false],
      ['::', {}, false],
      ['192.168.1.4', {}, false],
      ['phone.example.com', {}, false],
      ['127.example.com', {}, false],
      ['0.0.0.0', tls, true, false],
      ['0.0.0.0', { SIDETONE_TRUSTED_PROXIES: '10.0.0.0/8' }, true, false],
    ])('%s with %o: %s', (host, others, accepted, loopbackOnly) => {
      const read = () => readConfig({ SIDETONE_HOST: host, ...others });
      if (accepted) expect(read().loopbackOnly).toBe(loopbackOnly);
      else expect(read).toThrow(/^SIDETONE_HOST: .*SIDETONE_TLS_CERT.*SIDETONE_TRUSTED_PROXIES/);
    });
  });
});

describe('publicUrl', () => {
  it.each<[env: Environment, url: string]>([
    [{}, 'http://127.0.0.1:4000'],
    [{ SIDETONE_HOST: '::1' }, 'http://[::1]:4000'],
    [{ SIDETONE_PUBLIC_URL: 'https://phone.example.com/base/' }, 'https://phone.example.com/base'],
    [
      {
        SIDETONE_HOST: '0.0.0.0',
        SIDETONE_TLS_CERT: '/c',
        SIDETONE_TLS_KEY: '/k',
        SIDETONE_PUBLIC_ADDRESS: '203.0.113.7',
      },
      'https://203.0.113.7:4000',
    ],
  ])('%o: %s', (env, url) => {
    expect(publicUrl(readConfig(env), 4000)).toBe(url);
  });
});

describe('speech', () => {
  const speech = (env: Environment) => readConfig(env).speech;

  it('has voices of a provider, of models and of eSpeak NG', () => {
    expect(
      speech({
        SIDETONE_ESPEAK: '/opt/espeak-ng',
        SIDETONE_TTS_URL: 'http://10.0.0.9:8880/v1/',
        SIDETONE_TTS_KEY: 'sk-1',
        SIDETONE_TTS_MODEL: 'kokoro',
        SIDETONE_TTS_VOICES: 'en-US-Neural-F=af_heart, es-ES-Neural-M = em_alex',
        SIDETONE_SHERPA_TTS_MODEL: '/models/piper',
        SIDETONE_SHERPA_TTS: '/opt/sherpa-onnx-offline-tts',
        SIDETONE_SHERPA_TTS_VOICE: 'de-DE-Neural-M',
      }),
    ).toEqual({
      espeak: { program: '/opt/espeak-ng', required: true },
      openaiVoices: {
        ...{ url: 'http://10.0.0.9:8880/v1', key: 'sk-1', model: 'kokoro' },
        voices: [
          { id: 'en-US-Neural-F', native: 'af_heart' },
          { id: 'es-ES-Neural-M', native: 'em_alex' },
        ],
      },
      sherpaVoice: { program: '/opt/sherpa-onnx-offline-tts', folder: '/models/piper', id: 'de-DE-Neural-M' },
      hearing: undefined,
    });
    expect(speech({ SIDETONE_ESPEAK: 'off' }).espeak).toBeUndefined();
    expect(speech({ SIDETONE_TTS_URL: 'https://api.example.com/v1' }).openaiVoices).toMatchObject({
      ...{ key: undefined, model: 'tts-1' },
      voices: [
        { id: 'en-US-Neural-F', native: 'nova' },
        { id: 'en-US-Neural-M', native: 'onyx' },
      ],
    });
  });

  const OPENAI = { SIDETONE_STT_URL: 'https://api.example.com/v1' };
  const DEEPGRAM = { SIDETONE_DEEPGRAM_KEY: 'dg-1' };
  const SHERPA = { SIDETONE_SHERPA_STT_MODEL: '/models/whisper' };

  it.each<[Environment, object]>([
    [OPENAI, { by: 'openai', url: 'https://api.example.com/v1', key: undefined, model: 'whisper-1' }],
    [
      { ...OPENAI, SIDETONE_STT_KEY: 'sk-1', SIDETONE_STT_MODEL: 'large' },
      { by: 'openai', url: 'https://api.example.com/v1', key: 'sk-1', model: 'large' },
    ],
    [DEEPGRAM, { by: 'deepgram', url: 'https://api.deepgram.com', key: 'dg-1', model: 'nova-3' }],
    [
      { ...DEEPGRAM, SIDETONE_DEEPGRAM_URL: 'https://api.eu.deepgram.com', SIDETONE_DEEPGRAM_MODEL: 'nova-2' },
      { by: 'deepgram', url: 'https://api.eu.deepgram.com', key: 'dg-1', model: 'nova-2' },
    ],
    [SHERPA, { by: 'sherpa', program: 'sherpa-onnx-offline', folder: '/models/whisper' }],
    [
      { ...OPENAI, ...DEEPGRAM, ...SHERPA, SIDETONE_STT: 'sherpa' },
      { by: 'sherpa', program: 'sherpa-onnx-offline', folder: '/models/whisper' },
    ],
  ])('hears: %j', (env, expected) => {
    expect(speech(env).hearing).toEqual(expected);
  });

  it.each<[string, Environment]>([
    ['SIDETONE_STT: openai, deepgram are configured; set it to the one to be used', { ...OPENAI, ...DEEPGRAM }],
    ['SIDETONE_STT: "whisper" is not one of openai, deepgram, sherpa', { SIDETONE_STT: 'whisper' }],
    ['SIDETONE_STT_URL: must be set when SIDETONE_STT is openai', { SIDETONE_STT: 'openai', ...DEEPGRAM }],
    ['SIDETONE_DEEPGRAM_KEY: must be set when SIDETONE_STT is deepgram', { SIDETONE_STT: 'deepgram' }],
    ['SIDETONE_SHERPA_STT_MODEL: must be set when SIDETONE_STT is sherpa', { SIDETONE_STT: 'sherpa' }],
    ['SIDETONE_STT_URL: must be set together with SIDETONE_STT_KEY', { SIDETONE_STT_KEY: 'sk-secret' }],
    ['SIDETONE_STT_URL: must be set together with SIDETONE_STT_MODEL', { SIDETONE_STT_MODEL: 'whisper-1' }],
    ['SIDETONE_STT_URL: not an address', { SIDETONE_STT_URL: 'https://sk-secret@api.example.com/v1' }],
    ['SIDETONE_STT_URL: not an address', { SIDETONE_STT_URL: 'ftp://sk-secret.example.com' }],
    ['SIDETONE_DEEPGRAM_KEY: must be set together with SIDETONE_DEEPGRAM_MODEL', { SIDETONE_DEEPGRAM_MODEL: 'nova-2' }],
    ['SIDETONE_DEEPGRAM_URL: not an address', { ...DEEPGRAM, SIDETONE_DEEPGRAM_URL: 'eu' }],
    ['SIDETONE_SHERPA_STT_MODEL: must be set together with SIDETONE_SHERPA_STT', { SIDETONE_SHERPA_STT: '/opt/x' }],
    ['SIDETONE_TTS_URL: must be set together with SIDETONE_TTS_KEY', { SIDETONE_TTS_KEY: 'sk-secret' }],
    ['SIDETONE_TTS_URL: not an address', { SIDETONE_TTS_URL: 'api.example.com' }],
    [
      'SIDETONE_TTS_VOICES: "nova" is not a pair',
      { SIDETONE_TTS_URL: 'https://api.example.com/v1', SIDETONE_TTS_VOICES: 'nova' },
    ],
    [
      'SIDETONE_TTS_VOICES: "nova" is not a voice id such as en-US-Neural-F',
      { SIDETONE_TTS_URL: 'https://api.example.com/v1', SIDETONE_TTS_VOICES: 'nova=alloy' },
    ],
    [
      'SIDETONE_SHERPA_TTS_VOICE: "amy" is not a voice id',
      { SIDETONE_SHERPA_TTS_MODEL: '/models/piper', SIDETONE_SHERPA_TTS_VOICE: 'amy' },
    ],
    ['SIDETONE_SHERPA_TTS_MODEL: must be set together with SIDETONE_SHERPA_TTS', { SIDETONE_SHERPA_TTS: '/opt/x' }],
  ])('%s', (message, env) => {
    expect(() => readConfig(env)).toThrow(ConfigError);
    expect(() => readConfig(env)).toThrow(message);
    try {
      readConfig(env);
    } catch (error) {
      expect((error as Error).message).not.toContain('sk-secret');
    }
  });
});
