import type { Clock } from '#clock.js';
import type { Adapters } from '#carriers/carrier-set.js';
import { httpCarrier } from '#carriers/http.js';
import { telnyxCarrier } from '#carriers/telnyx.js';
import { twilioCarrier } from '#carriers/twilio.js';

/** The carriers that are services over HTTP. `callbackUrl` says where one reaches us. */
export function serviceAdapters(parts: { clock: Clock; callbackUrl: (carrierId: string) => string }): Adapters {
  return {
    twilio: (config, listener) => twilioCarrier(config, listener, parts),
    telnyx: (config, listener) => telnyxCarrier(config, listener, parts),
    http: (config, listener) => httpCarrier(config, listener, parts),
  };
}
