import { CoreError } from '#core/errors.js';

export function listNotFound(id: string): CoreError {
  return new CoreError('list.not_found', `There is no list ${id}.`, { field: 'listId' });
}
