import Type, { type TSchema } from 'typebox';
import { presentTime } from '#apis/outreach/parse-time.js';
import type { Event, EventRenderer } from '#core/events.js';

/** The bodies that registered endpoints receive of imports; the names are core's own. */
export const renderImportEvent: EventRenderer = ({ type, subject, data, at }: Event) => {
  if (!Object.hasOwn(IMPORT_WEBHOOKS, type)) return undefined;
  const target = data['targetId'] ?? null;
  return {
    body: {
      event: type,
      import_id: subject,
      kind: data['kind'],
      status: data['status'],
      upload_id: data['uploadId'],
      list_id: data['kind'] === 'contacts' ? target : null,
      campaign_id: data['kind'] === 'recipients' ? target : null,
      rows: data['rows'],
      error: data['error'] ?? null,
      timestamp: presentTime(at),
    },
  };
};

const Text = Type.String();
const MaybeText = Type.Union([Text, Type.Null()]);
const Told = (event: string, status: string) =>
  Type.Object({
    event: Type.Literal(event),
    import_id: Text,
    kind: Type.String({ description: '`contacts`, `opt_outs` or `recipients`.' }),
    status: Type.String({ description: status }),
    upload_id: Text,
    list_id: MaybeText,
    campaign_id: MaybeText,
    rows: Type.Record(Text, Type.Integer(), { description: '`read`, `created`, `changed`, `duplicate`, `refused`.' }),
    error: MaybeText,
    timestamp: Text,
  });

/** For the OpenAPI document; the same names as above. */
export const IMPORT_WEBHOOKS: Record<string, { summary: string; body: TSchema }> = {
  'import.completed': {
    summary: 'A file was read to its end, and all of it applied that was not refused.',
    body: Told('import.completed', '`completed`'),
  },
  'import.failed': {
    summary: 'A file could not be used; nothing of it was applied.',
    body: Told('import.failed', '`failed`'),
  },
};
