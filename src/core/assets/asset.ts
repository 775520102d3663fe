import type { Selectable } from 'kysely';
import { CoreError } from '#core/errors.js';
import type { AssetTable } from '#core/tables.js';

export const ASSET_LIMITS = {
  bytes: 5 * 1024 * 1024,
  perSite: 1000,
  nameCharacters: 100,
  /** On a side. */
  pixels: 100_000,
} as const;

/** A picture, font or the like of a site, for everybody who has its address. */
export interface Asset {
  id: number;
  siteId: string;
  name: string;
  contentType: string;
  bytes: number;
  /** Pixels; null where it has none, or where they are not said in whole numbers. */
  width: number | null;
  height: number | null;
  /** SHA-256 of its bytes, hex: with other bytes it has another address. */
  fingerprint: string;
  createdAt: Date;
  updatedAt: Date;
}

export function toAsset(row: Selectable<AssetTable>): Asset {
  return {
    id: row.id,
    siteId: row.site_id,
    name: row.name,
    contentType: row.content_type,
    bytes: row.bytes,
    width: row.width,
    height: row.height,
    fingerprint: row.fingerprint,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function assetNotFound(): CoreError {
  return new CoreError('asset.not_found', 'No asset found by `id`.', { field: 'id' });
}
