import { adminDoor } from '#apis/admin/index.js';
import type { WorldOptions } from './world.js';

/** The command line's door in a world, for whoever says `token`. */
export function operatedWith(token: string, dataFolder = '/nowhere'): NonNullable<WorldOptions['operatorDoors']> {
  return ({ keyRing, courier, bans }) => [
    adminDoor({
      token,
      keyRing,
      courier,
      bans,
      sipHost: '127.0.0.1',
      installation: {
        dataFolder,
        sipAddress: { host: '127.0.0.1', port: 5060 },
        schema: async () => ({ pending: [], unknown: [] }),
      },
      backUp: async () => ({ tables: 0, rows: 0, files: 0, bytes: 0, secret: false }),
    }),
  ];
}
