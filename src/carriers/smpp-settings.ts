import type { ConfigOf, SmppSettings } from '#carriers/carrier.js';

type Filled = Required<Omit<SmppSettings, 'tls' | 'tlsVerify' | 'tlsCa' | 'tlsServerName'>>;

/** How a carrier is reached over SMPP 3.4, with the defaults for what is not written down. */
export interface SmppSetup extends Omit<Filled, 'enquireSeconds' | 'responseSeconds'> {
  /** Undefined: without TLS. */
  tls: { verify: boolean; ca: string | undefined; serverName: string | undefined } | undefined;
  password: string;
  enquireMs: number;
  responseMs: number;
}

export function readSmppSettings({ settings, secrets }: Pick<ConfigOf<'smpp'>, 'settings' | 'secrets'>): SmppSetup {
  const { tls, tlsVerify, tlsCa, tlsServerName, enquireSeconds, responseSeconds, ...others } = settings;
  return {
    systemType: '',
    addressRange: '',
    addressTon: 0,
    addressNpi: 0,
    serviceType: '',
    bind: 'transceiver',
    binds: 1,
    window: 10,
    messageId: 'as_is',
    receiptsByText: false,
    concatenation: 'udh',
    numberForm: 'bare',
    shortCodeTon: 3,
    shortCodeNpi: 0,
    userMessageReference: false,
    ...others,
    tls: tls === true ? { verify: tlsVerify !== false, ca: tlsCa, serverName: tlsServerName } : undefined,
    password: secrets['password'] ?? '',
    enquireMs: (enquireSeconds ?? 30) * 1000,
    responseMs: (responseSeconds ?? 10) * 1000,
  };
}
