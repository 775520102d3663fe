import Type, { type Static } from 'typebox';
import { HttpProblem } from '#apis/http/index.js';
import { presentMoney } from '#apis/referrals/money.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import {
  calculateMetric,
  METRICS,
  segmentMetric,
  type MetricFilter,
  type MetricValue,
} from '#core/referral-metrics/index.js';
import type { Site } from '#core/sites/index.js';

const tag = 'Metrics';
const Word = Type.String({ maxLength: 255 });
/** One, or many. */
const Words = Type.Optional(Type.Union([Type.Array(Word, { maxItems: 100 }), Word]));
const Id = Type.String({ pattern: '^[0-9]{1,15}$', examples: ['1'] });
const Ids = Type.Optional(Type.Union([Type.Array(Id, { maxItems: 100 }), Id]));
const Day = Type.String({ maxLength: 10, examples: ['2026-11-01'], description: 'In the zone of the site; included.' });

const params = Type.Object({
  metric: Type.String({ examples: ['offers'], description: `One of ${Object.keys(METRICS).join(', ')}.` }),
});
const FILTERS = {
  start_date: Day,
  end_date: Day,
  'sharing_channels[]': Words,
  'traffic_sources[]': Words,
  'campaign_ids[]': Ids,
  'campaign_tags[]': Words,
  campaign_status: Type.Optional(Type.Enum(['live', 'test', 'scheduled', 'disabled'])),
  live_campaigns_only: Type.Optional(Type.Boolean()),
  mobile_visitor: Type.Optional(Type.Boolean({ description: 'Not known: it is refused.' })),
  device_type: Type.Optional(Type.String({ maxLength: 50, description: 'Not known: it is refused.' })),
  precision: Type.Optional(Type.Integer({ minimum: 0, maximum: 10, description: 'Digits after the point.' })),
  exclude_qa_generated: Type.Boolean({ default: true, description: 'Nothing is: test keys have data of their own.' }),
};
const Filters = Type.Object(FILTERS);
const Flag = Type.Optional(Type.Boolean());
const Segments = Type.Object({
  ...FILTERS,
  'segment_by[period]': Type.Optional(Type.String({ maxLength: 20, examples: ['month'] })),
  'segment_by[campaign_tags]': Words,
  'segment_by[campaign_tags][]': Words,
  'segment_by[sharing_channels]': Flag,
  'segment_by[campaign_types]': Flag,
});

const VALUE = {
  plain: Type.Number(),
  formatted: Type.String(),
  result_type: Type.Enum(['number', 'percent', 'money']),
};
const Value = Type.Object(VALUE);
const MaybeText = Type.Optional(Type.Union([Type.String(), Type.Null()]));
const Segment = Type.Object({
  ...VALUE,
  period: Type.Union([
    Type.String({ description: '`2026-11-23`, of a week its Monday; `2026-11`, `2026-Q4`, `2026`.' }),
    Type.Null(),
  ]),
  campaign_tag: MaybeText,
  sharing_channel: MaybeText,
  campaign_type: MaybeText,
});

/** By which a share or a friend can come. */
const CHANNELS = [
  ...['facebook', 'facebook_message', 'twitter', 'linkedin', 'whatsapp', 'sms'],
  ...['email', 'reminder', 'coupon', 'custom', 'other'],
];

export function metricRoutes(table: SiteTable): void {
  table.get('/metrics/:metric', {
    id: 'calculateMetric',
    summary: 'Calculate a metric',
    tag,
    scope: 'referrals:read',
    params,
    query: Filters,
    returns: Value,
    handle: async ({ core, site, params: { metric }, query }) =>
      present(site, await calculateMetric(core, site, metric, filterOf(query)), query.precision),
  });

  table.get('/metrics/:metric/segmentize', {
    id: 'segmentizeMetric',
    summary: 'Calculate a metric with all segmented information',
    description:
      'By period, with those in which nothing was; by tag (`true`, or the tags), channel and type of campaign; or by all of these.',
    tag,
    scope: 'referrals:read',
    params,
    query: Segments,
    returns: Type.Object({ segmented: Type.Array(Segment) }),
    async handle({ core, site, params: { metric }, query }) {
      const tags = query['segment_by[campaign_tags][]'] ?? query['segment_by[campaign_tags]'];
      const byTag = tags !== undefined && tags !== 'false';
      const byChannel = query['segment_by[sharing_channels]'] === true;
      const byType = query['segment_by[campaign_types]'] === true;
      const segments = await segmentMetric(core, site, metric, filterOf(query), {
        period: query['segment_by[period]'],
        campaignTags: byTag ? (tags === 'true' ? true : [tags].flat()) : undefined,
        channels: byChannel ? CHANNELS : undefined,
        campaignKinds: byType,
      });
      return {
        segmented: segments.map((segment) => ({
          ...present(site, segment, query.precision),
          period: segment.period,
          ...(byTag ? { campaign_tag: segment.campaignTag } : {}),
          ...(byChannel ? { sharing_channel: segment.channel } : {}),
          ...(byType ? { campaign_type: segment.campaignKind } : {}),
        })),
      };
    },
  });
}

/** @throws HttpProblem `invalid_input` */
function filterOf(query: Static<typeof Filters>): MetricFilter {
  for (const field of ['mobile_visitor', 'device_type'] as const) {
    if (query[field] === undefined) continue;
    throw new HttpProblem('invalid_input', `\`${field}\` is not supported: what visitors use is not kept.`, { field });
  }
  return {
    start: query.start_date,
    end: query.end_date,
    channels: listOf(query['sharing_channels[]']),
    trafficSources: listOf(query['traffic_sources[]']),
    campaignIds: listOf(query['campaign_ids[]'])?.map(Number),
    campaignTags: listOf(query['campaign_tags[]']),
    campaignState: query.campaign_status,
    liveCampaignsOnly: query.live_campaigns_only,
  };
}

function listOf(given: string | string[] | undefined): string[] | undefined {
  return given === undefined ? undefined : [given].flat();
}

function present(site: Site, { result, value }: MetricValue, precision?: number): Static<typeof Value> {
  const { currency } = site;
  const amount = result === 'money' ? presentMoney(value, currency) : value;
  const digits = precision ?? (Number.isInteger(amount) && result === 'number' ? 0 : 2);
  const format = {
    number: { maximumFractionDigits: digits },
    percent: { minimumFractionDigits: precision ?? 0, maximumFractionDigits: digits },
    money: { style: 'currency', currency, ...(precision === undefined ? {} : fixed(precision)) },
  } as const;
  const text = new Intl.NumberFormat('en-US', format[result]).format(amount);
  return {
    plain: Number(amount.toFixed(digits)),
    formatted: result === 'percent' ? `${text}%` : text,
    result_type: result,
  };
}

function fixed(digits: number) {
  return { minimumFractionDigits: digits, maximumFractionDigits: digits };
}
