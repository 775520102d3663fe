import { expect, it } from 'vitest';
import { newBranch, newCallId, newCnonce, newTag } from '#voice/sip/ids.js';

it('never gives the same id twice', () => {
  const ids = Array.from({ length: 500 }, () => [newBranch(), newCallId(), newCnonce(), newTag()]).flat();
  expect(new Set(ids).size).toBe(2_000);
  expect(ids.every((id) => /^(z9hG4bK)?[0-9a-f]{24}$/.test(id))).toBe(true);
});
