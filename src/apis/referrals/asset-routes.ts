import Type, { type Static } from 'typebox';
import { HttpProblem, sendFile, type RouteTable, type UploadedFile } from '#apis/http/index.js';
import { presentTime } from '#apis/referrals/present-time.js';
import type { SiteTable } from '#apis/referrals/site-table.js';
import type { Caller } from '#core/accounts/index.js';
import {
  addAsset,
  ASSET_ENDINGS,
  ASSET_LIMITS,
  assetNotFound,
  findAsset,
  findAssetFile,
  listAssets,
  removeAsset,
  type Asset,
} from '#core/assets/index.js';
import type { Core } from '#core/core.js';
import type { Site } from '#core/sites/index.js';

const tag = 'Assets';
const strict = { additionalProperties: false };
const MaybePixels = Type.Union([Type.Integer({ description: 'Pixels.' }), Type.Null()]);
const AssetObject = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  content_type: Type.String(),
  url: Type.String({ description: 'For everybody, and for good: other bytes have another address.' }),
  size: Type.Integer({ description: 'Bytes.' }),
  width: MaybePixels,
  height: MaybePixels,
  fingerprint: Type.String({ description: 'SHA-256 of its bytes.' }),
  created_at: Type.String(),
  updated_at: Type.String(),
});
const AssetParams = Type.Object({ id: Type.Integer({ minimum: 1 }) });
const AssetReply = Type.Object({ asset: AssetObject });

/** Below the door's prefix. */
const PUBLIC_PATH = '/files';
const PREFIX = '/referrals/api/v2';
const YEAR_SECONDS = 31_536_000;

export function assetRoutes(table: SiteTable, open: RouteTable<Caller>['open']): void {
  table.get('/assets', {
    id: 'listAssets',
    summary: 'List assets',
    tag,
    scope: 'referrals:read',
    query: Type.Object({
      content_type: Type.Optional(Type.String({ maxLength: 100, examples: ['image/png'] })),
      page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
      per_page: Type.Integer({ minimum: 1, maximum: 100, default: 25 }),
    }),
    returns: Type.Object({ assets: Type.Array(AssetObject), total: Type.Integer() }),
    async handle({ core, site, query }) {
      const { content_type: contentType, page, per_page: pageSize } = query;
      const { items, total } = await listAssets(core, site, { contentType, page, pageSize });
      return { assets: items.map((asset) => present(core, site, asset)), total };
    },
  });

  table.post('/assets', {
    id: 'uploadAsset',
    summary: 'Upload an asset',
    description:
      `A file of at most ${ASSET_LIMITS.bytes / 1024 / 1024} MB, by the ending of its name: ${ASSET_ENDINGS.join(', ')}. ` +
      'Whoever has its address can fetch it; nothing in it runs there.',
    tag,
    scope: 'referrals:write',
    form: true,
    bodyLimitBytes: ASSET_LIMITS.bytes + 65_536,
    body: Type.Object(
      { file: Type.Unsafe<UploadedFile | string>({ contentMediaType: 'application/octet-stream' }) },
      strict,
    ),
    status: 201,
    refuses: [507],
    returns: AssetReply,
    async handle({ core, auth, site, body: { file } }) {
      if (typeof file === 'string') {
        throw new HttpProblem('invalid_input', '`file` must be an uploaded file.', { field: 'file' });
      }
      const { filename: name, bytes } = file;
      return { asset: present(core, site, await addAsset(core, site, { name, bytes, actor: auth.keyId })) };
    },
  });

  table.get('/assets/:id', {
    id: 'getAsset',
    summary: 'Find an asset',
    tag,
    scope: 'referrals:read',
    params: AssetParams,
    returns: AssetReply,
    handle: async ({ core, site, params }) => ({ asset: present(core, site, await findAsset(core, site, params.id)) }),
  });

  table.delete('/assets/:id', {
    id: 'removeAsset',
    summary: 'Remove an asset',
    description: 'Its address leads nowhere from then on; copies in browsers stay as long as those keep them.',
    tag,
    scope: 'referrals:write',
    params: AssetParams,
    handle: async ({ core, auth, site, params }) => {
      await removeAsset(core, site, { id: params.id, actor: auth.keyId });
      return undefined;
    },
  });

  open(`${PUBLIC_PATH}/:site/:fingerprint/:name`, {
    id: 'getAssetFile',
    summary: 'The file of an asset, for everybody',
    tag,
    params: Type.Object({ site: Type.String(), fingerprint: Type.String(), name: Type.String() }),
    returnsType: 'application/octet-stream',
    async handle({ core, params: { site: publicId, fingerprint, name }, ...handling }) {
      const site = await core.knownSites.shown(publicId);
      if (site === undefined) throw assetNotFound();
      return core.siteLoad.run(site, async () => {
        const { asset, file } = await findAssetFile(core, site, { fingerprint, name });
        return sendFile(handling, {
          // Many look at one picture at a time: of one address a few.
          ...{ type: asset.contentType, bytes: asset.bytes },
          byLink: { accountId: site.accountId, file: `${file} ${handling.request.ip}` },
          headers: {
            'cache-control': `public, max-age=${YEAR_SECONDS}, immutable`,
            // A drawing may hold scripts: nothing in it runs as part of this server's pages.
            'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            'x-content-type-options': 'nosniff',
          },
          open: (part) => core.uploads.open(file, part),
          gone: assetNotFound,
        });
      });
    },
  });
}

function present(core: Pick<Core, 'settings'>, site: Site, asset: Asset): Static<typeof AssetObject> {
  const { id, name, contentType, bytes, width, height, fingerprint } = asset;
  const path = [site.publicId, fingerprint, name].map(encodeURIComponent).join('/');
  return {
    ...{ id, name, content_type: contentType, size: bytes, width, height, fingerprint },
    url: `${core.settings.publicUrl}${PREFIX}${PUBLIC_PATH}/${path}`,
    created_at: presentTime(asset.createdAt, site.timeZone),
    updated_at: presentTime(asset.updatedAt, site.timeZone),
  };
}
