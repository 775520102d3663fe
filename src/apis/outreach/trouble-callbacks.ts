import Type, { type TSchema } from 'typebox';
import { presentTime } from '#apis/outreach/parse-time.js';
import type { Event, EventRenderer } from '#core/events.js';
import { TROUBLE_KINDS } from '#core/trouble/index.js';

/** The bodies that registered endpoints receive of trouble; the names are core's own. */
export const renderTroubleEvent: EventRenderer = ({ type, subject, data, at }: Event) => {
  if (!Object.hasOwn(TROUBLE_WEBHOOKS, type)) return undefined;
  const { kind, name, detail, since } = data;
  return {
    body: {
      ...{ event: type, kind, subject_id: subject, name, detail },
      ...{ since: presentTime(new Date(String(since))), timestamp: presentTime(at) },
    },
  };
};

const Text = Type.String();
const Told = (event: string) =>
  Type.Object({
    event: Type.Literal(event),
    kind: Type.Enum([...TROUBLE_KINDS]),
    subject_id: Type.String({ description: 'Of the trunk, carrier, endpoint, account, campaign or server.' }),
    name: Text,
    detail: Type.String({ description: 'A sentence for people.' }),
    since: Text,
    timestamp: Text,
  });

/** For the OpenAPI document; the same names as above. */
export const TROUBLE_WEBHOOKS: Record<string, { summary: string; body: TSchema }> = {
  'trouble.began': {
    summary: 'Something needs the owners: `kind` says what. Once, until it is over.',
    body: Told('trouble.began'),
  },
  'trouble.ended': { summary: 'It is over by itself.', body: Told('trouble.ended') },
};
