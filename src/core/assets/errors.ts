export type AssetErrorCode = 'asset.not_found' | 'asset.bad_input' | 'asset.name_taken';
