import { systemClock } from '#clock.js';
import type { CarrierListener } from '#carriers/carrier.js';
import type { OpenCarrier } from '#carriers/carrier-set.js';
import { describeCarrierConformance, type CarrierStage } from '#carriers/conformance.js';
import { httpCarrier } from '#carriers/http.js';
import { telnyxCarrier } from '#carriers/telnyx.js';
import { twilioCarrier } from '#carriers/twilio.js';
import {
  FATES,
  LETTERBOX_SECRETS,
  letterboxDialect,
  letterboxTemplate,
  PIGEON_SECRETS,
  pigeonDialect,
  pigeonTemplate,
  TELNYX_PUBLIC_KEY,
  telnyxDialect,
  TextService,
  TWILIO_TOKEN,
  twilioDialect,
  type ServiceDialect,
} from '#test/text-service.js';

const parts = { clock: systemClock, callbackUrl: (id: string) => `http://127.0.0.1:8080/carriers/${id}/callback` };
const carrier = { id: 'car_1', name: 'service' };
const seconds = (): number => Math.round(Date.now() / 1000);

async function stage(
  dialect: ServiceDialect,
  open: (url: string, listener: CarrierListener) => OpenCarrier,
  takesMedia = true,
): Promise<CarrierStage> {
  const service = await new TextService(dialect).open();
  return {
    numbers: FATES,
    async open(listener) {
      const opened = open(service.url, listener);
      service.tell = async (request) => opened.callback?.(request);
      return opened;
    },
    receive: (text) => void service.receive(text),
    ...(takesMedia ? { media: () => service.media } : {}),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close: () => service.close(),
  };
}

describeCarrierConformance('a service like Twilio', () =>
  stage(twilioDialect, (apiUrl, listener) =>
    twilioCarrier(
      { ...carrier, kind: 'twilio', settings: { accountSid: 'AC1', apiUrl }, secrets: { authToken: TWILIO_TOKEN } },
      listener,
      parts,
    ),
  ),
);

describeCarrierConformance('a service like Telnyx', () =>
  stage(telnyxDialect(seconds), (apiUrl, listener) =>
    telnyxCarrier(
      { ...carrier, kind: 'telnyx', settings: { apiUrl, publicKey: TELNYX_PUBLIC_KEY }, secrets: { apiKey: 'KEY1' } },
      listener,
      parts,
    ),
  ),
);

describeCarrierConformance('a service described as JSON', () =>
  stage(letterboxDialect(seconds), (url, listener) =>
    httpCarrier(
      { ...carrier, kind: 'http', settings: { template: letterboxTemplate(url) }, secrets: LETTERBOX_SECRETS },
      listener,
      parts,
    ),
  ),
);

describeCarrierConformance('a service described as a form', () =>
  stage(
    pigeonDialect,
    (url, listener) =>
      httpCarrier(
        { ...carrier, kind: 'http', settings: { template: pigeonTemplate(url) }, secrets: PIGEON_SECRETS },
        listener,
        parts,
      ),
    false,
  ),
);
