import { expect, it } from 'vitest';
import { languageOf } from '../../../gateway/host/language.ts';

it.each([
  [{}, 'en'],
  [{ LANG: 'zh_CN.UTF-8' }, 'zh'],
  [{ LANG: 'C.UTF-8' }, 'en'],
  [{ LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }, 'en'],
  [{ LC_ALL: '', LC_MESSAGES: '', LANG: 'zh_CN.UTF-8' }, 'zh'],
  [{ HEADGATE_LANG: '', LC_ALL: 'zh_TW.UTF-8' }, 'zh'],
  [{ HEADGATE_LANG: 'en', LANG: 'zh_CN.UTF-8' }, 'en'],
] as const)('%j reads %s', (environment, language) => {
  expect(languageOf(environment)).toBe(language);
});
