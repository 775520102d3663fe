export type BanErrorCode = 'ban.not_found';
