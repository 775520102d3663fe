export { addTrunk, type AddTrunk } from '#core/trunks/add-trunk.js';
export type { TrunkErrorCode } from '#core/trunks/errors.js';
export { listTrunks, type ListedTrunk } from '#core/trunks/list-trunks.js';
export { removeTrunk } from '#core/trunks/remove-trunk.js';
export { testTrunk, type TrunkTest } from '#core/trunks/test-trunk.js';
export { isLoopbackHost } from '#core/trunks/trunk-uri.js';
export type { Trunk } from '#core/trunks/trunk-store.js';
