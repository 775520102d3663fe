/** Pictures and the like for pages of campaigns. */
export { addAsset, type AddAsset } from '#core/assets/add-asset.js';
export { ASSET_ENDINGS } from '#core/assets/asset-kinds.js';
export { ASSET_LIMITS, assetNotFound, type Asset } from '#core/assets/asset.js';
export type { AssetErrorCode } from '#core/assets/errors.js';
export { findAsset, findAssetFile, listAssets, type AssetAddress, type AssetFilter } from '#core/assets/find-asset.js';
export { removeAsset } from '#core/assets/remove-asset.js';
