/** The event package `presence` (RFC 3856): whether a phone is registered, and whether somebody speaks on it. */
import type { PhoneConfig } from '#voice/engine.js';
import { xmlText, type EventPackage, type SipAddress } from '#voice/sip/event-package.js';
import type { LocationTable } from '#voice/sip/location-table.js';
import type { PhoneCalls } from '#voice/sip/phone-calls.js';
import { formatUri } from '#voice/sip/uri.js';

/** RFC 3863, RFC 4479, RFC 4480. */
const NAMESPACES =
  'xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" ' +
  'xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid"';

export class PresencePackage implements EventPackage {
  readonly name = 'presence';
  readonly contentType = 'application/pidf+xml';
  readonly #locations: LocationTable;
  readonly #calls: PhoneCalls;

  constructor(locations: LocationTable, calls: PhoneCalls) {
    this.#locations = locations;
    this.#calls = calls;
  }

  watch({ id }: PhoneConfig, { user, host }: SipAddress): () => Buffer {
    const entity = xmlText(formatUri({ scheme: 'sip', user, host, params: new Map(), headers: new Map() }));
    return () => {
      const basic = this.#locations.bindings(id).length > 0 ? 'open' : 'closed';
      const speaks = this.#calls.of(id).some(({ state }) => state === 'confirmed');
      const activities = speaks ? '<rpid:activities><rpid:on-the-phone/></rpid:activities>' : '<rpid:activities/>';
      const text = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        `<presence ${NAMESPACES} entity="${entity}">`,
        `<tuple id="phone"><status><basic>${basic}</basic></status></tuple>`,
        `<dm:person id="person">${activities}</dm:person>`,
        '</presence>',
        '',
      ];
      return Buffer.from(text.join('\n'));
    };
  }
}
