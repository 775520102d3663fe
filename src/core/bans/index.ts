export { BanList } from '#core/bans/ban-list.js';
