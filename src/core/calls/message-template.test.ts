import { expect, test } from 'vitest';
import { fillTemplate } from '#core/calls/message-template.js';

test.each([
  ['no fields', 'Hello.', {}, 'Hello.', []],
  ['a field', 'Hello {FIRST_NAME}.', { FIRST_NAME: 'Sarah' }, 'Hello Sarah.', []],
  ['a field twice', '{A}{A}', { A: 'x' }, 'xx', []],
  ['more variables than fields', '{A}', { A: 'x', B: 'y' }, 'x', []],
  ['an empty value', 'a{A}b', { A: '' }, 'ab', []],
  ['another case', '{a}', { A: 'x' }, '{a}', ['a']],
  ['missing ones, each once', '{B} {A} {B}', {}, '{B} {A} {B}', ['B', 'A']],
  ['values that look like fields or patterns', '{A}', { A: '{B} $& $1' }, '{B} $& $1', []],
  [
    'names that every object has',
    '{constructor} {toString}',
    {},
    '{constructor} {toString}',
    ['constructor', 'toString'],
  ],
  ['braces that are no field', '{} {1} {a b} {{A}} {', { A: 'x' }, '{} {1} {a b} {x} {', []],
])('%s', (_what, template, variables, text, missing) => {
  expect(fillTemplate(template, variables as Record<string, string>)).toEqual({ text, missing });
});
