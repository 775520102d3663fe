import Type, { type Static } from 'typebox';
import {
  ActionObject,
  BatchObject,
  MemberObject,
  presentAction,
  presentBatch,
  presentMember,
} from '#apis/referrals/present-loyalty.js';
import type { SiteHandling, SiteTable } from '#apis/referrals/site-table.js';
import type { Caller } from '#core/accounts/index.js';
import {
  adjustPoints,
  collectReported,
  describeActions,
  findMember,
  findMemberInCampaign,
  listActions,
  listRedemptionBatches,
  MOST_POINTS,
  redeemPoints,
  type FoundMember,
  type LoyaltyAction,
} from '#core/loyalty/index.js';

const tag = 'Loyalty';
const strict = { additionalProperties: false } as const;
const read = { tag, scope: 'referrals:read' } as const;
const write = { tag, scope: 'referrals:write' } as const;
const MemberParams = Type.Object({ email: Type.String({ examples: ['anna@example.com'] }) });
const query = Type.Object({
  page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
  per_page: Type.Integer({ minimum: 1, maximum: 1000, default: 1000 }),
});
const ActionsReply = Type.Object({
  actions: Type.Array(ActionObject, { description: 'The newest first.' }),
  total: Type.Integer(),
});
const ActedReply = Type.Object({ action: ActionObject, loyalty_member: MemberObject });
const TrafficSource = Type.Optional(Type.String({ minLength: 1, maxLength: 255, default: 'api' }));

type Listed = SiteHandling<unknown, Static<typeof query>>;

/** What members get points for, and what for them. */
export function loyaltyActionRoutes(table: SiteTable): void {
  table.get('/loyalty/members/:email/collect_actions', {
    ...read,
    id: 'listCollectActions',
    summary: 'List collect actions',
    params: MemberParams,
    query,
    returns: ActionsReply,
    handle: async (handling) =>
      list(handling, await memberInCampaign(handling, handling.params.email), ['collect', 'take_back']),
  });

  table.post('/loyalty/members/:email/collect_actions', {
    ...write,
    id: 'createCollectAction',
    summary: 'Create a collect action',
    description:
      'Points for what the shop reports by a word of its own. Those for purchases, events, referrals and for joining are ' +
      'given by themselves.',
    params: MemberParams,
    body: Type.Object(
      {
        data: Type.Object(
          {
            type: Type.String({ minLength: 1, maxLength: 255 }),
            traffic_source: TrafficSource,
          },
          strict,
        ),
      },
      { ...strict, examples: [{ data: { type: 'review' } }] },
    ),
    returns: Type.Object({
      collected: Type.Boolean({ description: 'False: it is given once, and was, or the member has the most already.' }),
      loyalty_member: MemberObject,
    }),
    async handle({ core, site, params: { email }, body: { data } }) {
      const { type: identifier, traffic_source: trafficSource = 'api' } = data;
      const { collected, ...found } = await collectReported(core, site, { email, identifier, trafficSource });
      return { collected, loyalty_member: presentMember(found) };
    },
  });

  table.get('/loyalty/members/:email/manual_adjustment_actions', {
    ...read,
    id: 'listManualAdjustmentActions',
    summary: 'List manual adjustment actions',
    params: MemberParams,
    query,
    returns: ActionsReply,
    handle: async (handling) =>
      list(handling, await findMember(handling.core, handling.site, handling.params.email), ['adjust']),
  });

  table.post('/loyalty/members/:email/manual_adjustment_actions', {
    ...write,
    id: 'adjustPoints',
    summary: 'Adjust loyalty member’s points balance',
    params: MemberParams,
    body: Type.Object(
      {
        data: Type.Object(
          {
            points: Type.Integer({ minimum: -MOST_POINTS, maximum: MOST_POINTS }),
            description: Type.Optional(Type.String({ maxLength: 500 })),
          },
          strict,
        ),
      },
      { ...strict, examples: [{ data: { points: 100, description: 'For your patience' } }] },
    ),
    returns: ActedReply,
    async handle({ core, auth, site, params: { email }, body: { data } }) {
      return acted(core, site, await adjustPoints(core, site, { email, ...data, actor: actorOf(auth) }));
    },
  });

  table.get('/loyalty/members/:email/redeem_actions', {
    ...read,
    id: 'listRedeemActions',
    summary: 'List redeem actions',
    params: MemberParams,
    query,
    returns: ActionsReply,
    handle: async (handling) => list(handling, await memberInCampaign(handling, handling.params.email), ['redeem']),
  });

  table.post('/loyalty/members/:email/redeem_actions', {
    ...write,
    id: 'createRedeemAction',
    summary: 'Create a redeem action',
    description: 'Points for a coupon.',
    params: MemberParams,
    body: Type.Object(
      {
        data: Type.Object(
          {
            redemption_batch_id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
            traffic_source: TrafficSource,
          },
          strict,
        ),
      },
      { ...strict, examples: [{ data: { redemption_batch_id: 1 } }] },
    ),
    returns: ActedReply,
    async handle({ core, site, params: { email }, body: { data } }) {
      const { redemption_batch_id: batchId, traffic_source: trafficSource = 'api' } = data;
      return acted(core, site, await redeemPoints(core, site, { email, batchId, trafficSource }));
    },
  });

  table.get('/loyalty/members/:email/redemption_batches', {
    ...read,
    id: 'listRedemptionBatches',
    summary: 'List redemption batches',
    description: 'What the member’s points can be redeemed for.',
    params: MemberParams,
    returns: Type.Object({ redemption_batches: Type.Array(BatchObject) }),
    async handle({ core, site, params: { email } }) {
      const { campaign } = await findMemberInCampaign(core, site, email);
      const batches = await listRedemptionBatches(core, site, campaign);
      return { redemption_batches: batches.map((batch) => presentBatch(batch, site)) };
    },
  });
}

function memberInCampaign({ core, site }: Pick<SiteHandling, 'core' | 'site'>, email: string): Promise<FoundMember> {
  return findMemberInCampaign(core, site, email);
}

async function list(
  { core, site, query: { page, per_page: pageSize } }: Listed,
  found: FoundMember,
  kinds: LoyaltyAction['kind'][],
): Promise<Static<typeof ActionsReply>> {
  const { items, total } = await listActions(core, site, found.member.id, kinds, { page, pageSize });
  const at = new Date(core.clock.now());
  return { actions: items.map((item) => presentAction(item, site, found, at)), total };
}

async function acted(
  core: SiteHandling['core'],
  site: SiteHandling['site'],
  done: FoundMember & { action: LoyaltyAction },
): Promise<Static<typeof ActedReply>> {
  const [described] = await describeActions(core, site, [done.action]);
  if (described === undefined) throw new Error('an action was not described');
  const at = new Date(core.clock.now());
  return { action: presentAction(described, site, done, at), loyalty_member: presentMember(done) };
}

function actorOf({ user, keyId }: Caller): string {
  return user?.id ?? keyId;
}
