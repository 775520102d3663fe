import Type, { type Static } from 'typebox';
import type { KeyDoor } from '#apis/http/index.js';
import { verifyDoor } from '#apis/verify/verify-door.js';
import { publicPrices, type Price, type Unit } from '#core/billing/index.js';

/** A price list changes seldom, and everybody may keep it so long. */
const KEPT_SECONDS = 60;

const Amount = Type.Number({ description: 'Minor units of the currency, with up to four decimals.' });
const Pricing = Type.Object({
  object: Type.Literal('pricing'),
  currency: Type.String({ description: 'ISO 4217.' }),
  units: Type.Literal('minor'),
  plans: Type.Object({}, { description: 'There are no plans.' }),
  usage: Type.Object({
    voiceMinute: Amount,
    channelMonthly: Amount,
    numberMonthly: Amount,
    voiceOtpCall: Amount,
    smsSegment: Amount,
  }),
  ai: Type.Object({ tts1kCharacters: Amount, sttMinute: Amount }),
});

function presentPricing({ currency, prices }: { currency: string; prices: Price[] }): Static<typeof Pricing> {
  const amount = (unit: Unit): number => Number(prices.find((price) => price.unit === unit)?.amount ?? 0);
  return {
    object: 'pricing',
    currency,
    units: 'minor',
    plans: {},
    usage: {
      voiceMinute: amount('voice_minute'),
      channelMonthly: amount('channel_monthly'),
      numberMonthly: amount('number_monthly'),
      voiceOtpCall: amount('voice_otp_call'),
      smsSegment: amount('sms_segment'),
    },
    ai: { tts1kCharacters: amount('tts_1k_characters'), sttMinute: amount('stt_minute') },
  };
}

/** What things cost here, for everybody: the one part of the Verify API that lies elsewhere and takes no key. */
export const pricingDoor: KeyDoor = {
  name: 'pricing',
  prefix: '/public',
  guard: verifyDoor.guard,
  presentError: ({ code, message }) => ({ error: { code, message } }),
  refusals: {},
  problems: verifyDoor.problems ?? {},
  routes(table) {
    table.open('/pricing', {
      id: 'getPricing',
      summary: 'What things cost',
      anyOrigin: true,
      returns: Pricing,
      handle: async ({ core, reply }) => {
        void reply.header('cache-control', `public, max-age=${KEPT_SECONDS}`);
        return presentPricing(await publicPrices(core));
      },
    });
  },
};
